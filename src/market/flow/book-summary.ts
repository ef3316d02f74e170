import type { Book, Flow, Level } from '../../contracts/flow.ts'

/** What is kept of a snapshot: all that the fields of a bar need. */
export type BookSummary = { readonly time: number } & Omit<
  Flow,
  'takerBuyVolume' | 'buyVolume' | 'sellVolume' | 'trades' | 'lastTradeTime' | 'lastBookTime' | 'ofi' | 'meanSpread'
>

/** Size of the first `count` levels; NaN if there are fewer. */
function depth(levels: readonly Level[], count: number): number {
  if (levels.length < count) return NaN
  let sum = 0
  for (let i = 0; i < count; i++) sum += (levels[i] as Level)[1]
  return sum
}

/** Mean price of trading for an amount of the quote currency against one side; NaN if that side holds less. */
function priceOf(levels: readonly Level[], notional: number): number {
  let [left, size] = [notional, 0]
  for (const [price, available] of levels) {
    const taken = Math.min(left / price, available)
    size += taken
    if (taken < available || taken * price >= left) return notional / size
    left -= taken * price
  }
  return NaN
}

/** Half of what buying and at once selling for an amount costs beside the mid price, in bps. */
function costOf({ bids, asks }: Book, notional: number): number {
  const mid = ((bids[0] as Level)[0] + (asks[0] as Level)[0]) / 2
  return (1e4 * ((priceOf(asks, notional) - priceOf(bids, notional)) / mid)) / 2
}

/** The numbers of a snapshot that bars keep. */
export function summarise(book: Book): BookSummary {
  const { time, bids, asks } = book
  const [[bid, bidSize], [ask, askSize]] = [bids[0] as Level, asks[0] as Level]
  return {
    time,
    bid,
    ask,
    bidSize,
    askSize,
    bidDepth5: depth(bids, 5),
    askDepth5: depth(asks, 5),
    bidDepth10: depth(bids, 10),
    askDepth10: depth(asks, 10),
    bidDepth20: depth(bids, 20),
    askDepth20: depth(asks, 20),
    cost1000: costOf(book, 1_000),
    cost10000: costOf(book, 10_000),
    cost100000: costOf(book, 100_000),
    cost1000000: costOf(book, 1_000_000),
  }
}
