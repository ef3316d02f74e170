import type { Flow } from '../../contracts/flow.ts'
import type { BookSummary } from './book-summary.ts'
import type { Period } from './tape.ts'

/** What the snapshots of one period say. */
export type BookFlow = Omit<Flow, 'takerBuyVolume' | 'buyVolume' | 'sellVolume' | 'trades' | 'lastTradeTime' | 'fundingRate' | 'nextFundingTime'>

const spreadOf = ({ bid, ask }: BookSummary): number => (1e4 * (ask - bid)) / ((ask + bid) / 2)

/** Order-flow imbalance of two books that follow each other: what was added to the best bid less what was added to the best ask (Cont, Kukanov and Stoikov 2014). */
function imbalance(before: BookSummary, now: BookSummary): number {
  const bids = Number(now.bid >= before.bid) * now.bidSize - Number(now.bid <= before.bid) * before.bidSize
  const asks = Number(now.ask <= before.ask) * now.askSize - Number(now.ask >= before.ask) * before.askSize
  return bids - asks
}

/**
 * Folds the snapshots of a period, in their order. The book is that of the last one; no part without any. Sums over the whole period need the book at its beginning, which a snapshot of the
 * period before knows; without one they are NaN.
 */
export function foldBooks(
  carry: BookSummary | undefined,
  { events, openTime, barMs }: Period<BookSummary>,
): { readonly part: BookFlow | undefined; readonly carry: BookSummary | undefined } {
  const last = events.at(-1)
  if (last === undefined) return { part: undefined, carry }
  let before = carry !== undefined && carry.time >= openTime - barMs ? carry : undefined
  let [ofi, weighted, since] = before ? [0, 0, openTime] : [NaN, NaN, openTime]
  for (const book of events) {
    if (before) {
      ofi += imbalance(before, book)
      weighted += spreadOf(before) * (book.time - since)
    }
    before = book
    since = book.time
  }
  weighted += spreadOf(last) * (openTime + barMs - since)
  const { time, ...kept } = last
  return { part: { ...kept, lastBookTime: time, ofi, meanSpread: weighted / barMs }, carry: last }
}

/** Order of snapshots: by time. Zero for two of one moment. */
export const compareBooks = (a: BookSummary, b: BookSummary): number => a.time - b.time
