import type { ValueRange } from '../../contracts/features.ts'
import { anyNumber } from '../catalog/family.ts'

/** Values that are possible, both ends included. */
export type Range = ValueRange

const tolerance = 1e-9
const slack = (limit: number): number => tolerance * Math.max(1, Math.abs(limit))

/** What a computed value may be: finite, and within its range but for rounding, which is 1e-9 of a limit, or 1e-9 where the limit is smaller than 1. */
export const boundsOf = ({ min, max }: Range): Range => ({
  min: min === -Infinity ? -Number.MAX_VALUE : min - slack(min),
  max: max === Infinity ? Number.MAX_VALUE : max + slack(max),
})

/** Values that are in both; undefined if none is. */
export function overlap(a: Range, b: Range): Range | undefined {
  const [min, max] = [Math.max(a.min, b.min), Math.min(a.max, b.max)]
  return min <= max ? { min, max } : undefined
}

/** A range for people. */
export function rangeText({ min, max }: Range): string {
  const [least, most] = [min === Number.MIN_VALUE ? 'above 0' : `${min} or more`, `${max} or less`]
  if (min > -Infinity && max < Infinity) return min === Number.MIN_VALUE ? `${least}, ${most}` : `${min} to ${max}`
  if (min > -Infinity) return least
  return max < Infinity ? most : 'a finite number'
}

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
  /** Of n values added up. */
  times: ({ min, max }: Range, n: number): Range => ({ min: n * min, max: n * max }),
  /** Of a population's deviation: at most half of the way from one end to the other (Popoviciu 1935). */
  deviation: ({ min, max }: Range): Range => ({ min: 0, max: (max - min) / 2 }),
  /** Of a value's distance from the mean of n values, in deviations (Samuelson 1968). */
  score: (n: number): Range => ({ min: -Math.sqrt(n - 1), max: Math.sqrt(n - 1) }),
  absolute: ({ min, max }: Range): Range => ({ min: Math.max(0, min, -max), max: Math.max(-min, max) }),
}
