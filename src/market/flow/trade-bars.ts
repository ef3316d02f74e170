import type { SeriesClock } from '../../contracts/bar.ts'
import { timeframes } from '../../contracts/timeframe.ts'
import type { BarInput } from '../check-bar.ts'
import type { SeriesStore } from '../series-store.ts'
import { type FlowTapes, flowTimeframe } from './flow-tapes.ts'

/** What making bars of trades needs: and how long without a trade a minute still counts as one in which nothing was traded. */
export type TradeBarsDeps = {
  readonly tapes: FlowTapes
  readonly store: Pick<SeriesStore, 'ingest' | 'find'>
  /** The clock of the series that trades of a symbol make; undefined for symbols whose bars come in themselves. */
  readonly clockOf: (symbol: string) => SeriesClock | undefined
  readonly silenceMs: number
}

const barMs = timeframes[flowTimeframe]

/**
 * Makes the 1m bars of symbols whose trades come in and whose bars do not. A bar is made when the first trade of a later minute comes, or when the clock says that its minute is over, and again when
 * a trade of the minute before the newest comes late. A minute without trades is an empty bar, unless the last trade lies too far back to tell that from a feed that is down: then it is missing.
 */
export class TradeBars {
  readonly #deps: TradeBarsDeps
  constructor(deps: TradeBarsDeps) {
    this.#deps = deps
  }

  /** Makes the bars of minutes that are over. */
  build(symbol: string, openTimes: readonly number[]): void {
    const { store, clockOf } = this.#deps
    const clock = clockOf(symbol)
    if (clock === undefined) return
    const bars = openTimes.flatMap((openTime) => this.#barOf(symbol, openTime) ?? [])
    // A series that is there, made of bars of the past, keeps the clock that it has.
    const options = store.find(symbol, flowTimeframe) ? {} : { clock }
    if (bars.length > 0) store.ingest({ symbol, timeframe: flowTimeframe }, bars, options)
  }

  /** Symbols whose minutes end by the clock: live ones whose feed is not silent. Trades of the past end theirs by themselves. */
  *live(now: number): Generator<string> {
    const { tapes, clockOf, silenceMs } = this.#deps
    for (const symbol of tapes.tradedSince(now - silenceMs - barMs)) if (clockOf(symbol) === 'live') yield symbol
  }

  #barOf(symbol: string, openTime: number): BarInput | undefined {
    const { tapes, silenceMs } = this.#deps
    const part = tapes.tradesOf(symbol, openTime)
    if (part === undefined || openTime + barMs - part.flow.lastTradeTime > silenceMs) return undefined
    return { openTime, ...part.prices, takerBuyVolume: part.flow.buyVolume }
  }
}
