import type { SeriesKey } from '../contracts/bar.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import type { Series } from '../market/series.ts'
import type { Definition } from './definition.ts'
import { FilledAggregate, FilledSeries } from './filled-series.ts'
import { JoinedSeries } from './joined-series.ts'
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
  /** Hears of every value that is not believed, by the id of its feature. */
  readonly refused?: (id: string) => void
}

/** Gaps of at most `flat` bars are filled, in the series of the timeframe `of`; longer timeframes are made of that. */
export type GapFill = { readonly flat: number; readonly of: Timeframe }

/** Which series of a symbol a feature is computed on: that of a timeframe, its gaps filled or not, joined with a partner's or not. */
export type Frame = { readonly timeframe: Timeframe; readonly partner?: string | undefined; readonly fill?: GapFill | undefined }

/** True if both are the same frame. */
export const sameFrame = (a: Frame, b: Frame): boolean =>
  a.timeframe === b.timeframe && a.partner === b.partner && a.fill?.flat === b.fill?.flat && a.fill?.of === b.fill?.of

/** The kernels that definitions need on one frame, each once. */
function lanesOf(definitions: readonly Definition[], frame: Frame): Map<string, LaneSpec> {
  const own = definitions.filter((definition) => sameFrame(definition, frame))
  return new Map(
    own.map(({ kernelKey, kernel, outputSettled, outputRanges }) => [
      kernelKey,
      { key: kernelKey, kernel: kernel(), settled: outputSettled, ranges: outputRanges },
    ]),
  )
}

/** One fold per series that anyone reads features of, and one per pair of series. */
export class SymbolFolds {
  readonly #deps: SymbolFoldsDeps
  readonly #folds = new Map<Series, SeriesFold>()
  /** Joined series by each of their sides. */
  readonly #fills = new Map<Series, Map<string, FilledSeries | FilledAggregate>>()
  readonly #joins = new Map<Series, Set<JoinedSeries>>()
  /** Ids by timeframe, kernel and output. */
  readonly #ids = new Map<string, string>()
  constructor(deps: SymbolFoldsDeps) {
    this.#deps = deps
  }

  /** The fold of a frame with all kernels that the definitions need, up to date; undefined while the symbol, or the partner, has no bar. */
  require(symbol: string, frame: Frame, definitions: readonly Definition[]): SeriesFold | undefined {
    for (const { id, timeframe, kernelKey, output } of definitions) this.#ids.set(`${timeframe} ${kernelKey} ${output}`, id)
    const series = this.seriesOf(symbol, frame)
    if (!series) return undefined
    const known = this.#folds.get(series)
    const fold = known ?? this.#make(series, frame)
    fold.require(lanesOf(definitions, frame).values())
    if (!known) fold.sync()
    return fold
  }

  /** Brings the folds that rest on a series up to date, those of pairs included. */
  changed(series: Series): void {
    this.#folds.get(series)?.sync()
    for (const filled of this.#fills.get(series)?.values() ?? []) {
      filled.sync()
      this.changed(filled.series)
    }
    for (const joined of this.#joins.get(series) ?? []) {
      joined.sync()
      this.#folds.get(joined.series)?.sync()
    }
  }

  /** Forgets every fold that rests on the series of a symbol. */
  forget(symbol: string): void {
    const rests = ({ key }: Series): boolean => key.symbol.split('~').includes(symbol)
    for (const series of this.#folds.keys()) if (rests(series)) this.#folds.delete(series)
    for (const series of this.#fills.keys()) if (rests(series)) this.#fills.delete(series)
    for (const [side, joins] of this.#joins) {
      for (const joined of joins) if (rests(joined.series)) joins.delete(joined)
      if (rests(side)) this.#joins.delete(side)
    }
  }

  /** A fold whose newest row is the one as of a moment that is readable no longer. */
  recall(symbol: string, frame: Frame, past: { readonly asOf: number; readonly window: number }): SeriesFold | undefined {
    const series = this.seriesOf(symbol, frame)
    return series && this.#folds.get(series)?.recall(past.asOf, past.window)
  }

  /** The series of a frame, joined with the partner's if it has one; undefined while one of them has no bar. */
  seriesOf(symbol: string, frame: Frame): Series | undefined {
    const own = this.#alone(symbol, frame)
    if (frame.partner === undefined || own === undefined) return own
    const other = this.#alone(frame.partner, frame)
    return other && this.#join(own, other).series
  }

  #alone(symbol: string, { timeframe, fill }: Frame): Series | undefined {
    if (fill === undefined) return this.#deps.find(symbol, timeframe)
    const own = this.#deps.find(symbol, fill.of)
    return own && this.#fill(own, fill, timeframe).series
  }

  #fill(own: Series, fill: GapFill, timeframe: Timeframe): FilledSeries | FilledAggregate {
    const ofOwn = this.#fills.get(own) ?? new Map<string, FilledSeries | FilledAggregate>()
    const known = ofOwn.get(`${fill.flat} ${timeframe}`)
    if (known) return known
    const filled = timeframe === fill.of ? new FilledSeries(own, fill.flat) : new FilledAggregate(own, this.#fill(own, fill, fill.of).series, timeframe)
    this.#fills.set(own, (this.#fills.get(own) ?? ofOwn).set(`${fill.flat} ${timeframe}`, filled))
    return filled
  }

  #join(own: Series, partner: Series): JoinedSeries {
    const known = this.#joins
      .get(own)
      ?.values()
      .find((join) => join.own === own && join.partner === partner)
    const joined = known ?? new JoinedSeries(own, partner)
    for (const side of [own, partner]) this.#joins.set(side, (this.#joins.get(side) ?? new Set()).add(joined))
    return joined
  }

  /** Pairs and filled series keep no states across restarts: they are made again from the bars that are stored. */
  #make(series: Series, { partner, fill }: Frame): SeriesFold {
    const { rows, states, refused } = this.#deps
    const { timeframe } = series.key
    const onRefused = (key: string, output: number): void => {
      const id = this.#ids.get(`${timeframe} ${key} ${output}`)
      if (id !== undefined) refused?.(id)
    }
    const kept = states &&
      partner === undefined &&
      fill === undefined && {
        snapshots: states.load(series.key),
        onSnapshot: (snapshot: Snapshot) => states.keep(series.key, snapshot),
        onForget: (boundary: number) => states.forget(series.key, boundary),
      }
    const fold = new SeriesFold(series, { capacity: rows, onRefused, fills: fill !== undefined, ...kept })
    this.#folds.set(series, fold)
    return fold
  }
}
