/**
 * Average uniqueness of labels that overlap (López de Prado, Advances in Financial Machine Learning, 2018, chapter 4): the mean, over the bars that a label rests on, of one over the number of labels that rest
 * on the bar. `ends[i]` is the last bar of the label of bar i, whose first is i + 1; -1 where there is none, which gives NaN.
 */
export function uniqueness(ends: Int32Array): Float64Array {
  const changes = new Int32Array(ends.length + 2)
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i] as number
    if (end < 0) continue
    changes[i + 1] = (changes[i + 1] as number) + 1
    changes[end + 1] = (changes[end + 1] as number) - 1
  }
  // Sums of 1 / concurrency up to a bar, so that a label's mean is one difference.
  const sums = new Float64Array(ends.length + 1)
  let concurrent = 0
  for (let bar = 0; bar < ends.length; bar++) {
    concurrent += changes[bar] as number
    sums[bar + 1] = (sums[bar] as number) + (concurrent === 0 ? 0 : 1 / concurrent)
  }
  return Float64Array.from(ends, (end, i) => (end < 0 ? NaN : ((sums[end + 1] as number) - (sums[i + 1] as number)) / (end - i)))
}
