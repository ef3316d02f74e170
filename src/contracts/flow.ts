/** What is known of a bar's period beside its prices: who traded, and what the book was. */
export const flowFields = [
  'takerBuyVolume',
  'buyVolume',
  'sellVolume',
  'trades',
  'lastTradeTime',
  'bid',
  'ask',
  'bidSize',
  'askSize',
  'bidDepth5',
  'askDepth5',
  'bidDepth10',
  'askDepth10',
  'bidDepth20',
  'askDepth20',
  'cost1000',
  'cost10000',
  'cost100000',
  'cost1000000',
  'lastBookTime',
  'ofi',
  'meanSpread',
  'depthSlope',
  'fundingRate',
  'nextFundingTime',
] as const

/** Name of one such number. */
export type FlowField = (typeof flowFields)[number]

/**
 * The order flow of one period. `takerBuyVolume` is what the sender of the bar says; `buyVolume`, `sellVolume` (by the side of the taker), `trades` come from trades; the book is that of
 * the period's last snapshot: sizes of the best and of the first 5, 10, 20 levels, mean cost in bps of buying and selling for 1,000 to 1,000,000 of the quote currency, `depthSlope` in bps for each 1,000; `ofi` sums and
 * `meanSpread` (bps) averages over the period; `fundingRate` is what was known at the close, to be paid at `nextFundingTime`. A number that was not observed is NaN.
 */
export type Flow = Readonly<Record<FlowField, number>>

/** A flow of which nothing was observed. */
export const noFlow: Flow = Object.freeze(Object.fromEntries(flowFields.map((field) => [field, NaN])) as Record<FlowField, number>)

/** True if two flows are the same; an absent one is `noFlow`. */
export const sameFlow = (a: Flow = noFlow, b: Flow = noFlow): boolean => a === b || flowFields.every((field) => Object.is(a[field], b[field]))

/** One trade; `side` is the taker's. Two trades of equal time and id (or, without one, of equal price, size and side) are the same trade. */
export type Trade = { readonly time: number; readonly price: number; readonly size: number; readonly side?: 'buy' | 'sell'; readonly id?: string }

/** Price and size. */
export type Level = readonly [price: number, size: number]

/** A snapshot of an order book, best levels first. Two snapshots of one moment are the same. */
export type Book = { readonly time: number; readonly bids: readonly Level[]; readonly asks: readonly Level[] }

/** What was known of a perpetual's funding from `time` on: the rate (a share of the position) that longs pay shorts at `nextTime`. */
export type Funding = { readonly time: number; readonly rate: number; readonly nextTime: number }

const usualIntervalMs = 8 * 3_600_000

/** When funding is paid next after a moment, where nobody says: at 00:00, 08:00 and 16:00 UTC. */
export const usualPaymentAfter = (time: number): number => (Math.floor(time / usualIntervalMs) + 1) * usualIntervalMs

/** What the ingest of some trades, books or funding rates did. `late` ones are older than the minute before the newest (funding rates: than all that are kept) and changed nothing; of the refused the first 100 say why, by their place in the call. */
export type FlowReport = {
  readonly accepted: number
  readonly unchanged: number
  readonly late: number
  readonly quarantined: number
  readonly refused: readonly { readonly index: number; readonly reason: string }[]
}
