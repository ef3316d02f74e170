import { Series } from '../market/series.ts'

/**
 * Two series of one timeframe as one: the bars of the first for which the partner has a bar too, each with the partner's close. It has no bar of a moment until both have one, in
 * whatever order they come; a late or revised bar of either rewrites it.
 */
export class JoinedSeries {
  readonly series: Series
  readonly own: Series
  readonly partner: Series
  #ownRewrites: number
  #partnerRewrites: number
  constructor(own: Series, partner: Series) {
    const { symbol, timeframe } = own.key
    this.series = new Series({ symbol: `${symbol}~${partner.key.symbol}`, timeframe }, own.settings, own.calendars)
    this.own = own
    this.partner = partner
    this.#ownRewrites = own.rewriteCount
    this.#partnerRewrites = partner.rewriteCount
    this.sync()
  }

  /** Takes what is new in either series, and what was rewritten. */
  sync(): void {
    const { own, partner } = this
    const rewritten = Math.min(own.rewrittenSince(this.#ownRewrites), partner.rewrittenSince(this.#partnerRewrites))
    this.#ownRewrites = own.rewriteCount
    this.#partnerRewrites = partner.rewriteCount
    const from = Math.min(rewritten, (this.series.last?.openTime ?? -Infinity) + 1)
    for (let position = own.positionFrom(from); position < own.length; position++) this.#join(position)
    this.series.trim(own.length)
  }

  #join(position: number): void {
    const bar = this.own.bar(position)
    const other = bar && this.partner.bar(this.partner.positionFrom(bar.openTime))
    if (bar && other?.openTime === bar.openTime)
      this.series.apply({ ...bar, receivedTime: Math.max(bar.receivedTime, other.receivedTime), partnerClose: other.close })
  }
}
