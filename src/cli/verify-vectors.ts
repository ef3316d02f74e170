import type { FeatureSetSpec, FeatureVector } from '../contracts/features.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import type { KnownOrigins, KnownVectors } from '../features/known-vectors.ts'
import type { SealedVector } from '../history/sealed-vectors.ts'
import { digestOfWindow } from '../history/vector-table.ts'

/** The first value of a column that differs. */
export type ServedDifference = {
  readonly symbol: string
  readonly vector: SealedVector
  readonly served: number | string
  readonly recomputed: number | string
}

/** What became of one column: how many values were compared, how many differ and the first that does, and how many rest on first bars that nobody wrote down. */
export type ColumnTally = { compared: number; different: number; unplaced: number; first?: ServedDifference }

type Judgement = { readonly column: number; readonly served: number | string; readonly recomputed: number | string; readonly isEqual: boolean }
type Judged = { readonly values: readonly Judgement[]; readonly isOtherOrigin: boolean }

/** True if a value was not served because its bar was too old: how old a model tolerates is not part of the set. */
const isAged = ({ closeTime, asOf }: SealedVector, barMs: number): boolean => !(asOf - closeTime <= barMs)

/**
 * Compares served vectors of one set with those that are recomputed as of the same moment, as known at the same time, bit for bit. Not compared are values that the caller brought, that the manifest
 * declares, or that were too old to be served. A vector whose newest origin is not the first bar that is there is compared from that origin on as well: what differs from both is unplaced, as other
 * columns of it may rest on bars before.
 */
export class VectorVerdict {
  readonly #features: readonly string[]
  readonly #barMs: number
  /** By column, and behind them one for the older rows of windows. */
  readonly columns: readonly ColumnTally[]
  vectors = 0
  constructor({ features, timeframe }: Pick<FeatureSetSpec, 'features'> & { readonly timeframe: Timeframe }) {
    this.#features = features
    this.#barMs = timeframes[timeframe]
    this.columns = Array.from({ length: features.length + 1 }, () => ({ compared: 0, different: 0, unplaced: 0 }))
  }

  /** Compares one vector. */
  add(symbol: string, vector: SealedVector, known: KnownOrigins): void {
    this.vectors += 1
    const whole = this.#closest(symbol, vector, known.whole)
    const later = whole.isOtherOrigin ? this.#closest(symbol, vector, known.from(vector.origin)) : whole
    for (const [i, { column, served, recomputed, isEqual }] of later.values.entries()) {
      const tally = this.columns[column] as ColumnTally
      if (isEqual || whole.values[i]?.isEqual === true) tally.compared += 1
      else if (whole.isOtherOrigin) tally.unplaced += 1
      else {
        tally.compared += 1
        tally.different += 1
        tally.first ??= { symbol, vector, served, recomputed }
      }
    }
  }

  /** How a vector compares with the one that was known when it was served. */
  #closest(symbol: string, vector: SealedVector, known: KnownVectors): Judged {
    let judged: Judged = { values: [], isOtherOrigin: true }
    for (const reading of known.read(symbol, { asOf: vector.asOf, knownAt: vector.servedTime, window: vector.window })) {
      judged = { values: this.#judge(vector, reading), isOtherOrigin: !Object.is(reading.origin ?? NaN, vector.origin) }
      if (judged.values.every(({ isEqual }) => isEqual)) break
    }
    return judged
  }

  #judge(vector: SealedVector, { values }: FeatureVector): Judgement[] {
    const { exceptions, window, digest } = vector
    const width = this.#features.length
    const newest = values.slice(values.length - width)
    const isPut = (id: string): boolean => exceptions[id] === 'caller' || exceptions[id] === 'declared'
    const judged = this.#features.flatMap((id, column): Judgement[] => {
      const [served, recomputed] = [vector.values[column] as number, newest[column] as number]
      if (isPut(id) || exceptions[id] === 'stale' || (Number.isNaN(served) && isAged(vector, this.#barMs))) return []
      return [{ column, served, recomputed, isEqual: Object.is(served, recomputed) }]
    })
    if (window === 1 || digest === null || Object.values(exceptions).some((what) => what !== 'caller')) return judged
    for (const [column, id] of this.#features.entries()) if (isPut(id)) values[values.length - width + column] = vector.values[column] as number
    const recomputed = digestOfWindow(values)
    return [...judged, { column: width, served: digest, recomputed, isEqual: digest === recomputed }]
  }
}
