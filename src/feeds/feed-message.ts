import type { Sessions } from '../calendars/sessions.ts'
import { isRecord } from '../contracts/is-record.ts'
import { isTimeframe, type Timeframe } from '../contracts/timeframe.ts'
import type { FeedSettings } from './feed-settings.ts'

/** A closed bar on its way: open time (ms), open, high, low, close, volume. */
export type BarRow = readonly [openTime: number, open: number, high: number, low: number, close: number, volume: number]
/** A trade on its way: time (ms), price, size, side of the taker, id. */
export type TradeRow = readonly [time: number, price: number, size: number, side: 'buy' | 'sell' | undefined, id: string | undefined]
type LevelRow = readonly [price: number, size: number]
/** A snapshot of an order book on its way: time (ms), bids, asks, best first. */
export type BookRow = readonly [time: number, bids: readonly LevelRow[], asks: readonly LevelRow[]]

/** Where the bars of a series must begin: the open time of the first that is not stored. */
export type SeriesStart = { readonly symbol: string; readonly timeframe: Timeframe; readonly next: number }

/** What the server tells the process of a feed: what to do, with the sessions of its calendar if that has some, that series have to go on at bars that came before and were left to another replica, and that a batch was taken. */
export type FeedOrder =
  | { readonly kind: 'start'; readonly settings: FeedSettings; readonly series: readonly SeriesStart[]; readonly sessions?: Sessions }
  | { readonly kind: 'go-on'; readonly series: readonly SeriesStart[] }
  | { readonly kind: 'taken'; readonly batch: number }

/** Rows of some series that go in together. */
export type FeedBatch = {
  readonly batch: number
  readonly bars: readonly { readonly symbol: string; readonly timeframe: Timeframe; readonly rows: readonly BarRow[] }[]
  readonly trades: readonly { readonly symbol: string; readonly rows: readonly TradeRow[] }[]
  readonly books: readonly { readonly symbol: string; readonly rows: readonly BookRow[] }[]
}

/** What a process counts, from its start. */
export const feedCounts = ['reconnects', 'resyncs', 'gapFilled', 'emptied', 'duplicates', 'dropped', 'restRequests', 'restFailures'] as const
/** One such count. */
export type FeedCount = (typeof feedCounts)[number]

/** How a process is: whether it is connected, when the exchange last said anything (ms), how far its clock is ahead (ms), and what is wrong, in words. */
export type FeedState = {
  readonly connected: boolean
  readonly lastEventAt: number | undefined
  readonly clockSkewMs: number | undefined
  readonly problem: string | undefined
  readonly counts: Readonly<Record<FeedCount, number>>
}

/** What the process of a feed says: that it knows the exchange, why it never will, rows, and how it is (once a second, also when nothing happens). */
export type FeedReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly message: string }
  | ({ readonly kind: 'batch' } & FeedBatch)
  | { readonly kind: 'state'; readonly state: FeedState }

type Loose = Readonly<Record<string, unknown>>
const isNumberOrNone = (value: unknown): boolean => value === undefined || typeof value === 'number'

const isPart = (value: unknown): boolean =>
  isRecord(value) && typeof value['symbol'] === 'string' && Array.isArray(value['rows']) && value['rows'].every(Array.isArray)
const isParts = (value: unknown): boolean => Array.isArray(value) && value.every(isPart)
const haveTimeframes = (value: unknown): boolean =>
  (value as readonly Loose[]).every(({ timeframe }) => typeof timeframe === 'string' && isTimeframe(timeframe))

function isState(value: unknown): value is FeedState {
  if (!isRecord(value) || typeof value['connected'] !== 'boolean' || !isRecord(value['counts'])) return false
  const { counts, problem, lastEventAt, clockSkewMs } = value
  if (!feedCounts.every((name) => Number.isSafeInteger(counts[name]))) return false
  return (problem === undefined || typeof problem === 'string') && isNumberOrNone(lastEventAt) && isNumberOrNone(clockSkewMs)
}

function isBatch({ batch, bars, trades, books }: Loose): boolean {
  return Number.isSafeInteger(batch) && [bars, trades, books].every(isParts) && haveTimeframes(bars)
}

/** A message of a feed's process, checked as far as the market does not check it again; undefined if it is of no known kind: the process runs foreign code. */
export function parseReport(message: unknown): FeedReport | undefined {
  if (!isRecord(message)) return undefined
  const { kind, message: words, state } = message
  if (kind === 'ready') return { kind }
  if (kind === 'refused' && typeof words === 'string') return { kind, message: words }
  if (kind === 'state' && isState(state)) return { kind, state }
  return kind === 'batch' && isBatch(message) ? (message as FeedReport) : undefined
}
