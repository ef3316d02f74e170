import type { BookRow, TradeRow } from '../feed-message.ts'
import type { CcxtBook, CcxtTrade } from './ccxt-port.ts'
import type { Outbox } from './outbox.ts'
import { type StreamDeps, watch } from './watch.ts'

type FlowDeps = StreamDeps & { readonly outbox: Outbox }

const mostLevels = 50
const unstampedBelieved = 5

function toTradeRow({ timestamp, price, amount, side, id }: CcxtTrade): TradeRow | undefined {
  if (timestamp === undefined || price === undefined || amount === undefined) return undefined
  return [timestamp, price, amount, side === 'buy' || side === 'sell' ? side : undefined, id]
}

const toLevels = (levels: CcxtBook['bids']): BookRow[1] =>
  levels.slice(0, mostLevels).flatMap(([price, size]) => (price !== undefined && size !== undefined && size > 0 ? [[price, size] as const] : []))

/** Every trade of a symbol, for ever. Trades of an interruption are not asked for: ids by REST may be others than those of the stream; bars tell that some are missing. */
export async function streamTrades(symbol: string, deps: FlowDeps): Promise<void> {
  const { link, outbox } = deps
  let last: CcxtTrade | undefined
  const take = (trades: readonly CcxtTrade[]): void => {
    // All that ccxt remembers comes back each time: what stands behind the last known one is new.
    const fresh = trades.slice(last === undefined ? 0 : trades.lastIndexOf(last) + 1)
    last = trades.at(-1) ?? last
    outbox.trades(
      symbol,
      fresh.map(toTradeRow).filter((row) => row !== undefined),
    )
  }
  await watch({ place: `trades of ${symbol}`, next: () => link.exchange.watchTrades(symbol), take, lost: () => {} }, deps)
}

/** Snapshots of a symbol's order book, at most one in `bookMs`, for ever. A gap in the exchange's sequence is a failure: the next attempt begins with a new snapshot. */
export async function streamBooks(symbol: string, bookMs: number, deps: FlowDeps): Promise<void> {
  const { link, outbox, clock, tally } = deps
  let sentAt = -Infinity
  let unstamped = 0
  const take = ({ timestamp, bids, asks }: CcxtBook): void => {
    const now = clock.monotonic()
    unstamped = timestamp === undefined ? unstamped + 1 : 0
    // The first snapshot of many exchanges has no time yet; those that never say one are taken at the time of receipt.
    if (now - sentAt < bookMs || (timestamp === undefined && unstamped < unstampedBelieved)) return
    sentAt = now
    outbox.book(symbol, [timestamp ?? clock.now(), toLevels(bids), toLevels(asks)])
  }
  const lost = (error: unknown): void => {
    if (['ChecksumError', 'InvalidNonce'].includes((error as Error).constructor.name)) tally.add('resyncs')
  }
  await watch({ place: `books of ${symbol}`, next: () => link.exchange.watchOrderBook(symbol), take, lost }, deps)
}
