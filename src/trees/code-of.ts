import { rankOf } from './quantise.ts'

/** The position of x among ascending values, NaN if it is none of them. -0 is 0. */
export function codeOf(values: Float64Array, x: number): number {
  const rank = rankOf(values, x)
  return values[rank] === x ? rank : NaN
}
