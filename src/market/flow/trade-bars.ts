import type { Calendar, SeriesClock } from '../../contracts/bar.ts'
import { timeframes } from '../../contracts/timeframe.ts'
import type { BarInput } from '../check-bar.ts'
import type { SeriesStore } from '../series-store.ts'
import { type FlowTapes, flowTimeframe } from './flow-tapes.ts'

/** How a series that is made of trades is set up. */
export type MadeSeries = { readonly clock: SeriesClock; readonly calendar: Calendar }

/** What making bars of trades needs: and how long without a trade a minute still counts as one in which nothing was traded. */
export type TradeBarsDeps = {
  readonly tapes: FlowTapes
  readonly store: Pick<SeriesStore, 'ingest' | 'find' | 'calendars'>
  /** The series that trades of a symbol make; undefined for symbols whose bars come in themselves. */
  readonly seriesOf: (symbol: string) => MadeSeries | undefined
  readonly silenceMs: number
}

const barMs = timeframes[flowTimeframe]

/**
 * Makes the 1m bars of symbols whose trades come in and whose bars do not. A bar is made when the first trade of a later minute comes, or when the clock says that its minute is over, and again when
 * a trade of the minute before the newest comes late. A minute without trades is an empty bar, unless the last trade lies too far back to tell that from a feed that is down: then it is missing.
 * Trades outside the sessions of its calendar make none.
 */
export class TradeBars {
  readonly #deps: TradeBarsDeps
  constructor(deps: TradeBarsDeps) {
    this.#deps = deps
  }

  /** Makes the bars of minutes that are over. */
  build(symbol: string, openTimes: readonly number[]): void {
    const { store, seriesOf } = this.#deps
    const made = seriesOf(symbol)
    if (made === undefined) return
    // A series that is there, made of bars of the past, keeps the settings that it has.
    const there = store.find(symbol, flowTimeframe)
    const periods = there?.periods ?? store.calendars.periods(made.calendar, flowTimeframe)
    const bars = openTimes.filter((openTime) => periods.nextOpen(openTime) === openTime).flatMap((openTime) => this.#barOf(symbol, openTime) ?? [])
    const options = there ? {} : made
    if (bars.length > 0) store.ingest({ symbol, timeframe: flowTimeframe }, bars, options)
  }

  /** Symbols whose minutes end by the clock: live ones whose feed is not silent. Trades of the past end theirs by themselves. */
  *live(now: number): Generator<string> {
    const { tapes, seriesOf, silenceMs } = this.#deps
    for (const symbol of tapes.tradedSince(now - silenceMs - barMs)) if (seriesOf(symbol)?.clock === 'live') yield symbol
  }

  #barOf(symbol: string, openTime: number): BarInput | undefined {
    const { tapes, silenceMs } = this.#deps
    const part = tapes.tradesOf(symbol, openTime)
    if (part === undefined || openTime + barMs - part.flow.lastTradeTime > silenceMs) return undefined
    return { openTime, ...part.prices, takerBuyVolume: part.flow.buyVolume }
  }
}
