/** Position of the last of some ascending numbers that is not above a limit; -1 if all are. */
export function lastAtMost(numbers: ArrayLike<number>, limit: number): number {
  let [low, high] = [-1, numbers.length]
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] as number) <= limit) low = middle
    else high = middle
  }
  return low
}
