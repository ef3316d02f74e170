import type { FeatureVector } from '../contracts/features.ts'
import type { DeclaredSet } from './declared-set.ts'

/** A reading, and whether nothing had to be computed for it. */
export type Read = { readonly vector: FeatureVector; readonly hit: boolean }

/** Vectors of symbols that another replica computes. */
export type RemoteVectors = {
  include(declared: DeclaredSet): void
  /** As `FeatureReads.fetch`. */
  fetch(symbol: string): Promise<void> | undefined
  /** The reading; undefined when the symbol is this replica's own, or nobody has published it. Throws `not_the_writer` for rows that are not known here. */
  read(declared: DeclaredSet, symbol: string, asOf: number | undefined): Read | undefined
  /** Throws `not_the_writer` when another replica computes the symbol: it alone knows what its vectors rest on. */
  refuse(symbol: string, what: string): void
}
