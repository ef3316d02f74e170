import type { FeatureSetSpec, ValueRange } from './features.ts'

/** Ranges as files write them: by feature, least and most, null where there is no end. */
export type WrittenRanges = Readonly<Record<string, readonly [least: number | null, most: number | null]>>

const orNull = (end: number): number | null => (Number.isFinite(end) ? end : null)

/** The ranges of a set as files write them. */
export const writeRanges = (features: readonly string[], ranges: readonly (ValueRange | undefined)[]): WrittenRanges =>
  Object.fromEntries(features.flatMap((id, column) => (ranges[column] ? [[id, [orNull(ranges[column].min), orNull(ranges[column].max)]]] : [])))

/** The ranges of a set that were written so. */
export function readRanges(features: readonly string[], written: WrittenRanges): NonNullable<FeatureSetSpec['ranges']> {
  return features.map((id) => {
    const [least, most] = written[id] ?? []
    return written[id] && { min: least ?? -Infinity, max: most ?? Infinity }
  })
}
