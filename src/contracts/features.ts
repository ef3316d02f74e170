import type { SeriesClock } from './bar.ts'
import type { Timeframe } from './timeframe.ts'

/**
 * Why a value is or is not there. `ok`: finite and settled. `warming`: too few bars since the origin or the last gap. `stale`: older than allowed as of the moment asked for.
 * `missing`: no series, no bar, or a gap. `partner-missing`: the other symbol that the value rests on has no bar of this time. `flat`: undefined because the series did not move (e.g. RSI). `quarantined`: the bar was refused, or the value that was computed lies outside of what the feature can be.
 */
export type FeatureStatus = 'ok' | 'warming' | 'stale' | 'missing' | 'partner-missing' | 'flat' | 'quarantined'

/** Gaps of at most so many bars count as empty bars: flat at the close before, without volume. */
export type GapPolicy = { readonly flat: number }

/** Values that are possible, both ends included. */
export type ValueRange = { readonly min: number; readonly max: number }

/** What a model declares to need: canonical ids (`rsi(14)@1m`) in column order, the last `window` rows, and the oldest age it tolerates. */
export type FeatureSetSpec = {
  readonly timeframe: Timeframe
  readonly features: readonly string[]
  readonly window: number
  readonly maxAgeMs?: number
  /** Globs of the symbols for which the set is kept up to date at every bar close. */
  readonly symbols: readonly string[]
  /** Name of a set of the operator; the sets of models have none. */
  readonly name?: string
  /** Names that the set gives to its columns, where they are not the ids. */
  readonly labels?: readonly string[]
  /** How missing bars are taken: gaps of at most `flat` bars as empty bars; absent where every gap begins a new run. */
  readonly gaps?: GapPolicy
  /** Ranges that the set declares for its columns, undefined where it says nothing; absent if it says nothing at all. */
  readonly ranges?: readonly (ValueRange | undefined)[]
}

/** A declared set: its ids resolved, its digest over every definition it rests on. Made by `FeatureReads.declare`, never by hand. */
export type FeatureSet = {
  readonly digest: string
  readonly ids: readonly string[]
  readonly spec: FeatureSetSpec
  /** Column by any name a caller may use: the canonical id, the set's own name for it, and the specification's plain names (`price`, `volume`, `rsi`, `macd`). */
  readonly columnOf: ReadonlyMap<string, number>
  /** Legal range of a caller's value per column, inclusive. */
  readonly ranges: readonly ValueRange[]
}

/** One read. `values` has window x ids.length numbers, row-major, oldest row first, NaN where there is no value; it belongs to the caller, its buffer may hold other vectors too. */
export type FeatureVector = {
  readonly values: Float64Array
  /** Status of the newest row, by column. */
  readonly statuses: readonly FeatureStatus[]
  /** Progress of warming columns, e.g. `12/280`, by column; absent unless something is warming. */
  readonly warming?: ReadonlyMap<number, string>
  /** Why quarantined columns are, by column; absent unless something is. */
  readonly reasons?: ReadonlyMap<number, string>
  readonly complete: boolean
  readonly asOf: number
  readonly clock: SeriesClock
  /** Close time of the newest bar used; absent when there is none. */
  readonly barCloseTime?: number
  /** First bar of the series that the state rests on; part of a vector's identity. */
  readonly origin?: number
}

/** What prediction and the gateway need from the feature service. */
export interface FeatureReads {
  /** Validates ids (throws `unknown_feature` with the nearest names) and keeps the set up to date from now on; declaring an equal set again returns the same object. */
  declare(spec: FeatureSetSpec): FeatureSet
  /** Settles when every feature of the set has been proven (look-ahead, warm-up, determinism), at once if they were before. Throws `feature_contract_mismatch` naming the feature that fails; the set is declared no longer. */
  prove(set: FeatureSet): Promise<void>
  /** The moment (ms) that the clock of a symbol's series shows; wall time where it has no series. */
  now(symbol: string, timeframe: Timeframe): { readonly asOf: number; readonly clock: SeriesClock }
  /** Brings near what another replica computes of a symbol, so that `vector` has it; undefined when nothing has to be waited for. Never rejects. */
  fetch(symbol: string): Promise<void> | undefined
  /** The vector as of a moment (ms), or as of the series' clock when undefined. Never throws for absent data: the statuses say so. Throws `not_the_writer` for rows that only another replica knows. */
  vector(set: FeatureSet, symbol: string, asOf: number | undefined): FeatureVector
}
