import type { FeatureSet, ValueRange } from '../contracts/features.ts'

/** Which columns of a vector may be missing, and which are whole numbers. */
export type ColumnTraits = { readonly optional: readonly number[]; readonly whole: readonly number[] }

const complete = 32
// Multiples of these, without their whole part, lie evenly between 0 and 1 in two dimensions (Roberts: R2, a low-discrepancy sequence).
const [rowStep, columnStep] = [0.7548776662466927, 0.5698402909980532]

/** A value of a range, `share` of the way through it; where the range has no end, of the usual sizes of prices, volumes and ratios. */
function valueIn({ min, max }: ValueRange, share: number): number {
  const away = 10 ** (6 * share - 2)
  if (Number.isFinite(min)) return Number.isFinite(max) ? min + (max - min) * share : min + away
  return Number.isFinite(max) ? max - away : 6 * share - 3
}

/** The values of a row, a window flattened oldest first. */
function row({ ranges, spec: { window } }: FeatureSet, index: number, whole: readonly number[]): number[] {
  return Array.from({ length: window * ranges.length }, (_, at) => {
    const column = at % ranges.length
    const value = valueIn(ranges[column] as ValueRange, ((index + 1) * rowStep + (at + 1) * columnStep) % 1)
    return whole.includes(column) ? Math.round(value) : value
  })
}

/** Rows within the ranges of the features, always the same: complete ones, then some without all, each second and each other of the columns that may be missing. */
export function madeUpRows(set: FeatureSet, { optional, whole }: ColumnTraits): number[][] {
  const absent = optional.length === 0 ? [] : [optional, optional.filter((_, i) => i % 2 === 0), optional.filter((_, i) => i % 2 === 1)]
  const partial = absent.map((columns, i) => row(set, complete + i, whole).map((value, at) => (columns.includes(at % set.ranges.length) ? NaN : value)))
  return [...Array.from({ length: complete }, (_, i) => row(set, i, whole)), ...partial]
}
