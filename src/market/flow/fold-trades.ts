import type { Bar } from '../../contracts/bar.ts'
import type { Flow, Trade } from '../../contracts/flow.ts'
import type { Period } from './tape.ts'

/** What trades of one period say beside their prices. */
export type TradeFlow = Pick<Flow, 'buyVolume' | 'sellVolume' | 'trades' | 'lastTradeTime'>

/** What trades of one period say: their flow, and the prices of the bar that they make, which are those of the trade before in a period without any. */
export type TradePart = { readonly flow: TradeFlow; readonly prices: Pick<Bar, 'open' | 'high' | 'low' | 'close' | 'volume'> }

/** What the next trade needs to know of those before it. */
export type TradeCarry = { readonly time: number; readonly price: number; readonly sign: number }

/** The side of a trade: said, or by the tick test (Lee and Ready 1991), which asks whether its price is above or below the last other price; 0 as long as there is none. */
function signOf({ side, price }: Trade, before: TradeCarry | undefined): number {
  if (side !== undefined) return side === 'buy' ? 1 : -1
  return before === undefined ? 0 : Math.sign(price - before.price) || before.sign
}

/** Sums the trades of a period, in their order; one without a known side counts half to each. No part while no trade was ever seen. */
export function foldTrades(
  carry: TradeCarry | undefined,
  { events }: Period<Trade>,
): { readonly part: TradePart | undefined; readonly carry: TradeCarry | undefined } {
  let last = carry
  const open = events[0]?.price ?? carry?.price ?? NaN
  let [high, low, volume, buyVolume, sellVolume] = [open, open, 0, 0, 0]
  for (const trade of events) {
    const sign = signOf(trade, last)
    high = Math.max(high, trade.price)
    low = Math.min(low, trade.price)
    volume += trade.size
    buyVolume += ((1 + sign) / 2) * trade.size
    sellVolume += ((1 - sign) / 2) * trade.size
    last = { time: trade.time, price: trade.price, sign }
  }
  if (last === undefined) return { part: undefined, carry: undefined }
  const flow = { buyVolume, sellVolume, trades: events.length, lastTradeTime: last.time }
  return { part: { flow, prices: { open, high, low, close: last.price, volume } }, carry: last }
}

/** Order of trades: by time, then by id, numbers by their size. Zero for the same trade. */
export function compareTrades(a: Trade, b: Trade): number {
  if (a.time !== b.time) return a.time - b.time
  const [one, other] = [identity(a), identity(b)]
  return one.length - other.length || (one < other ? -1 : Number(one > other))
}

const identity = ({ id, price, size, side }: Trade): string => id ?? `${price}/${size}/${side ?? ''}`
