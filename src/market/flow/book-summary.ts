import type { Book, Flow, Level } from '../../contracts/flow.ts'

/** What is kept of a snapshot: all that the fields of a bar need. */
export type BookSummary = { readonly time: number } & Omit<
  Flow,
  'takerBuyVolume' | 'buyVolume' | 'sellVolume' | 'trades' | 'lastTradeTime' | 'lastBookTime' | 'ofi' | 'meanSpread' | 'fundingRate' | 'nextFundingTime'
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

const levelsOfSlope = 20

/** Slope of the line through the mid price that lies next to one side's best 20 levels (least squares): distance from the mid in bps for each 1,000 of the quote currency that is traded up to there. */
function slopeOf(levels: readonly Level[], mid: number): number {
  let [thousands, products, squares] = [0, 0, 0]
  for (const [price, size] of levels.slice(0, levelsOfSlope)) {
    thousands += (price * size) / 1_000
    products += thousands * 1e4 * Math.abs(price / mid - 1)
    squares += thousands * thousands
  }
  return products / squares
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
    depthSlope: (slopeOf(bids, (bid + ask) / 2) + slopeOf(asks, (bid + ask) / 2)) / 2,
  }
}
