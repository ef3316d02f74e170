import { join } from 'node:path'
import type { Book, Level, Trade } from '../contracts/flow.ts'
import type { DayTableSpec, Row } from './day-table.ts'
import type { ColumnSpec } from './table.ts'

const times = ['event_time', 'received_time'].map((name): ColumnSpec => ({ name, type: 'time' }))
const levels = ['bid_prices', 'bid_sizes', 'ask_prices', 'ask_sizes'].map((name): ColumnSpec => ({ name, type: 'doubles' }))
const folderOf = (history: string, kind: string, symbol: string): string => join(history, kind, `symbol=${encodeURIComponent(symbol)}`)

/** Trades of a symbol in Parquet, a file for each day (UTC) of trading: `side` is the taker's. One that came twice is there as it came first. */
export const tradeTable = (history: string, symbol: string): DayTableSpec => ({
  folder: folderOf(history, 'ticks', symbol),
  columns: [...times, { name: 'id', type: 'text' }, { name: 'price', type: 'double' }, { name: 'size', type: 'double' }, { name: 'side', type: 'text' }],
  key: "event_time, coalesce(id, concat_ws('/', price, size, side))",
  first: 'received_time',
  order: 'event_time, length(id), id, price, size, side',
  about: { symbol },
})

/** A trade as a row of `tradeTable`. */
export const tradeRow = ({ time, id, price, size, side }: Trade, receivedTime: number): Row => [time, receivedTime, id ?? null, price, size, side ?? null]

/** Order books of a symbol in Parquet, a file for each day (UTC): prices and sizes of its levels as lists, best first. Of two of one moment the first that came is there. */
export const bookTable = (history: string, symbol: string): DayTableSpec => ({
  folder: folderOf(history, 'books', symbol),
  columns: [...times, ...levels],
  key: 'event_time',
  first: 'received_time',
  order: 'event_time',
  about: { symbol },
})

const list = (side: readonly Level[], part: 0 | 1): string => JSON.stringify(side.map((level) => level[part]))

/** An order book as a row of `bookTable`. */
export const bookRow = ({ time, bids, asks }: Book, receivedTime: number): Row => [
  time,
  receivedTime,
  ...[bids, asks].flatMap((side) => [list(side, 0), list(side, 1)]),
]
