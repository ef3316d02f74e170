import type { SeriesKey } from '../contracts/bar.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import type { Series } from '../market/series.ts'
import type { Definition } from './definition.ts'
import type { LaneSpec } from './lane.ts'
import { SeriesFold, type Snapshot } from './series-fold.ts'

/** Where snapshots outlive the process. Snapshots of kernels that have changed since must not be returned. */
export type FoldStates = {
  load(key: SeriesKey): readonly Snapshot[]
  keep(key: SeriesKey, snapshot: Snapshot): void
  /** Snapshots before the boundary are needed no longer. */
  forget(key: SeriesKey, boundary: number): void
}

/** What the folds need: the series, and how many rows stay readable (a power of two). */
export type SymbolFoldsDeps = {
  readonly find: (symbol: string, timeframe: Timeframe) => Series | undefined
  readonly rows: number
  readonly states?: FoldStates
}

/** The kernels that definitions need on one timeframe, each once. */
function lanesOf(definitions: readonly Definition[], timeframe: Timeframe): Map<string, LaneSpec> {
  const own = definitions.filter((definition) => definition.timeframe === timeframe)
  return new Map(own.map(({ kernelKey, family, params, warmUp }) => [kernelKey, { key: kernelKey, kernel: family.kernel(params), settled: warmUp.settled }]))
}

/** One fold per series that anyone reads features of. */
export class SymbolFolds {
  readonly #deps: SymbolFoldsDeps
  readonly #folds = new Map<Series, SeriesFold>()
  constructor(deps: SymbolFoldsDeps) {
    this.#deps = deps
  }

  /** The fold of a series with all kernels that the definitions need, up to date; undefined while the series has no bar. */
  require(symbol: string, timeframe: Timeframe, definitions: readonly Definition[]): SeriesFold | undefined {
    const series = this.#deps.find(symbol, timeframe)
    if (!series) return undefined
    const known = this.#folds.get(series)
    const fold = known ?? this.#make(series)
    fold.require(lanesOf(definitions, timeframe).values())
    if (!known) fold.sync()
    return fold
  }

  /** Brings the fold of a series up to date, if there is one. */
  changed(series: Series): void {
    this.#folds.get(series)?.sync()
  }

  /** A fold whose newest row is the one as of a moment that is readable no longer. */
  recall(symbol: string, timeframe: Timeframe, past: { readonly asOf: number; readonly window: number }): SeriesFold | undefined {
    const series = this.#deps.find(symbol, timeframe)
    return series && this.#folds.get(series)?.recall(past.asOf, past.window)
  }

  #make(series: Series): SeriesFold {
    const { rows, states } = this.#deps
    const kept = states && {
      snapshots: states.load(series.key),
      onSnapshot: (snapshot: Snapshot) => states.keep(series.key, snapshot),
      onForget: (boundary: number) => states.forget(series.key, boundary),
    }
    const fold = new SeriesFold(series, { capacity: rows, ...kept })
    this.#folds.set(series, fold)
    return fold
  }
}
