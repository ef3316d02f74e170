import type { ReliabilitySpec } from '../contracts/manifest.ts'

/**
 * Chance that acting is right at a probability: linear between the table's knots, clamped to its first and last (semantics 17). Knots rise, which
 * reading the manifest ensures; without a table the probability itself.
 */
export function reliabilityAt(table: ReliabilitySpec | undefined, probability: number): number {
  return table ? interpolate(table.probability, table.success, probability) : probability
}

/** Value of a piecewise linear function through the knots (x rising), clamped outside of them. */
export function interpolate(x: readonly number[], y: readonly number[], at: number): number {
  const last = x.length - 1
  if (at <= (x[0] as number)) return y[0] as number
  if (at >= (x[last] as number)) return y[last] as number
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((x[middle] as number) <= at) low = middle
    else high = middle
  }
  const left = x[low] as number
  const share = (at - left) / ((x[high] as number) - left)
  return (1 - share) * (y[low] as number) + share * (y[high] as number)
}
