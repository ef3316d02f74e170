import { anyNumber } from '../catalog/family.ts'

/** Values that are possible, both ends included. */
export type Range = { readonly min: number; readonly max: number }

/** The smallest range that holds the corners; 0 times or over infinity is 0 at the most. */
const around = (corners: readonly number[]): Range => {
  const known = corners.map((corner) => (Number.isNaN(corner) ? 0 : corner + 0))
  return { min: Math.min(...known), max: Math.max(...known) }
}

/** Interval arithmetic (Moore 1966): rounding is monotone, so the ends hold for rounded values too. */
export const ranges = {
  add: (a: Range, b: Range): Range => ({ min: a.min + b.min, max: a.max + b.max }),
  subtract: (a: Range, b: Range): Range => ({ min: a.min - b.max, max: a.max - b.min }),
  multiply: (a: Range, b: Range): Range => around([a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max]),
  divide: (a: Range, b: Range): Range => (b.min <= 0 && b.max >= 0 ? anyNumber : around([a.min / b.min, a.min / b.max, a.max / b.min, a.max / b.max])),
  hull: (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }),
  /** Of a function that never falls, defined from `from` on. */
  rising: (of: (x: number) => number, { min, max }: Range, from = -Infinity): Range => ({ min: of(Math.max(from, min)), max: of(Math.max(from, max)) }),
  absolute: ({ min, max }: Range): Range => ({ min: Math.max(0, min, -max), max: Math.max(-min, max) }),
}
