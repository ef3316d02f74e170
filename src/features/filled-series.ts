import type { Bar } from '../contracts/bar.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import { aggregateBar } from '../market/aggregate.ts'
import { Series } from '../market/series.ts'

/** The empty bar of one period: flat at the close before it. It is known to be missing once a later bar is there. */
function emptyBar({ close }: Bar, openTime: number, { barMs, receivedTime }: { readonly barMs: number; readonly receivedTime: number }): Bar {
  return { openTime, closeTime: openTime + barMs, receivedTime, open: close, high: close, low: close, close, volume: 0, empty: true, filled: true }
}

/**
 * A series in which gaps of at most `flat` bars, by its calendar, are filled with empty bars; longer gaps stay. It is a function of the bars alone: the bar that ends a gap fills it, and a late or revised
 * bar rewrites what it changes. Its last bar is never a filled one.
 */
export class FilledSeries {
  readonly series: Series
  readonly #own: Series
  readonly #flat: number
  #rewrites: number
  constructor(own: Series, flat: number) {
    this.series = new Series(own.key, own.settings, own.calendars)
    this.#own = own
    this.#flat = flat
    this.#rewrites = own.rewriteCount
    this.sync()
  }

  /** Takes what is new, and what was rewritten. */
  sync(): void {
    const own = this.#own
    const rewritten = own.rewrittenSince(this.#rewrites)
    this.#rewrites = own.rewriteCount
    const from = Math.min(rewritten, (this.series.last?.openTime ?? -Infinity) + 1)
    for (let position = own.positionFrom(from); position < own.length; position++) this.#take(own.bar(position) as Bar, own.bar(position - 1))
    this.series.trim(own.length)
  }

  #take(bar: Bar, before: Bar | undefined): void {
    const { barMs, periods } = this.#own
    const lacking = before === undefined ? 0 : periods.count(before.closeTime, bar.openTime)
    if (before && lacking > 0 && lacking <= this.#flat)
      for (let openTime = periods.nextOpen(before.closeTime); openTime < bar.openTime; openTime = periods.nextOpen(openTime + barMs))
        this.series.apply(emptyBar(before, openTime, { barMs, receivedTime: bar.receivedTime }))
    this.series.apply(bar)
  }
}

/** Longer bars made of a filled series, as those of the market are made of what was received. */
export class FilledAggregate {
  readonly series: Series
  readonly #source: Series
  readonly #own: Series
  #rewrites: number
  constructor(own: Series, source: Series, timeframe: Timeframe) {
    this.series = new Series({ symbol: own.key.symbol, timeframe }, { ...own.settings, derivedFrom: own.key.timeframe }, own.calendars)
    this.#own = own
    this.#source = source
    this.#rewrites = source.rewriteCount
    this.sync()
  }

  /** Makes the bars of every period that is over and new, or in which something was rewritten. */
  sync(): void {
    const source = this.#source
    const { barMs } = this.series
    const rewritten = source.rewrittenSince(this.#rewrites)
    this.#rewrites = source.rewriteCount
    const from = Math.floor(Math.min(rewritten, this.series.last?.closeTime ?? -Infinity) / barMs) * barMs
    const whole = this.#own.trimmed > 0 ? Math.ceil((source.first?.openTime ?? 0) / barMs) * barMs : -Infinity
    let made = -Infinity
    for (let position = source.positionFrom(from); position < source.length; position++) {
      const period = Math.floor((source.bar(position) as Bar).openTime / barMs) * barMs
      const bar = period <= made || period < whole ? undefined : aggregateBar(source, this.series.key.timeframe, period)
      if (bar) this.series.apply(bar)
      made = period
    }
    this.series.trim(source.length)
  }
}
