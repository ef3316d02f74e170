import type { FeatureReads, FeatureSet, FeatureVector } from '../contracts/features.ts'

/** Reads a vector, as `FeatureReads.vector` does. */
export type ReadVector = (set: FeatureSet, symbol: string, asOf: number | undefined) => FeatureVector

/** Reads vectors so that all on the live clock without a moment of their own are as of the same ms; a replayed series has its own last close. */
export function snapshotReads(features: Pick<FeatureReads, 'vector'>): ReadVector {
  let live: number | undefined
  return (set, symbol, asOf) => {
    const reading = features.vector(set, symbol, asOf)
    if (asOf !== undefined || reading.clock !== 'live') return reading
    live ??= reading.asOf
    return reading.asOf === live ? reading : features.vector(set, symbol, live)
  }
}
