import assert from 'node:assert/strict'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Bar } from '../contracts/bar.ts'
import { type Book, flowFields, type Level, noFlow, type Trade } from '../contracts/flow.ts'
import { noMeter } from '../contracts/meter.ts'
import type { BarInput } from '../market/check-bar.ts'
import { DayLog } from '../market/day-log.ts'
import { FlowLog } from '../market/flow/flow-log.ts'
import { FlowTapes } from '../market/flow/flow-tapes.ts'
import { OrderFlow } from '../market/flow/order-flow.ts'
import { SeriesStore } from '../market/series-store.ts'
import { HistoryProcess } from './history-process.ts'
import { readFlow } from './read-flow.ts'
import { incomingFolder } from './seal-days.ts'

const minute = 60_000
const day = 86_400_000
const symbol = 'BTC/USDT'
const key = { symbol, timeframe: '1m' } as const
/** Half an hour on either side of midnight. */
const start = Date.UTC(2024, 0, 2) - 30 * minute
let seed = 7
const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647

const trades = Array.from({ length: 6_000 }, (_, i): Trade => {
  const named = i % 3 === 0 ? { id: String(i) } : {}
  return {
    time: start + Math.floor(i * 600 + random() * 500),
    price: 100 + random(),
    size: random(),
    ...named,
    ...(i % 5 ? { side: random() < 0.5 ? 'buy' : 'sell' } : {}),
  }
})
const levels = (sign: 1 | -1): Level[] =>
  Array.from({ length: 1 + Math.floor(random() * 24) }, (_, i) => [100.5 + sign * (0.01 + i + random() / 2), random()] as const)
const books = Array.from({ length: 1_200 }, (_, i): Book => ({ time: start + i * 3_000, bids: levels(-1), asks: levels(1) }))
const bars = Array.from({ length: 60 }, (_, nth): BarInput => {
  const openTime = start + nth * minute
  const volume = trades.filter(({ time }) => time >= openTime && time < openTime + minute).reduce((sum, { size }) => sum + size, 0)
  return { openTime, open: 100, high: 101, low: 100, close: 100.5, volume }
})

function makeMarket(clock: { now: () => number; monotonic: () => number }, log?: FlowLog) {
  const tapes = new FlowTapes()
  const store = new SeriesStore({ clock, meter: noMeter, tapes })
  return { store, flow: new OrderFlow({ tapes, store, clock, meter: noMeter, ...(log && { log }) }) }
}
const bits = ({ flow = noFlow }: Bar): string => Buffer.from(Float64Array.from(flowFields, (field) => flow[field]).buffer).toString('hex')

test('the order flow of bars that is folded from sealed trades and order books is what was live, bit for bit', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'raw-flow-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const history = join(folder, 'history')
  const time = { now: start }
  const clock = { now: () => time.now, monotonic: () => 0 }
  const open = (kind: 'ticks' | 'books') => new DayLog({ folder: incomingFolder(history), kind, maxBytes: 1e9, clock, meter: noMeter })
  const log = new FlowLog({ ticks: open('ticks'), books: open('books'), clock })
  const live = makeMarket(clock, log)
  for (let nth = 0; nth <= bars.length; nth++) {
    const [from, to] = [start + nth * minute, start + (nth + 1) * minute]
    time.now = to
    const within = <Event extends { readonly time: number }>(events: readonly Event[]): Event[] =>
      events.filter((event) => event.time >= from && event.time < to)
    const some = within(trades)
    // In any order, and some of them once more.
    for (const piece of [some.filter((_, i) => i % 2), some.filter((_, i) => i % 2 === 0), some.slice(0, 9)]) live.flow.trades(symbol, piece)
    live.flow.books(symbol, within(books))
    if (nth > 0) live.store.ingest(key, bars.slice(nth - 1, nth))
  }
  assert.equal(live.flow.trades(symbol, [{ time: start, price: 1, size: 1 }]).late, 1)
  await log.close()
  await using process = new HistoryProcess()
  const report = await process.call({ kind: 'seal', market: join(folder, 'market'), history, until: start + 3 * day, keepDays: 0 })
  assert.deepEqual([report.rows, report.files], [trades.length + books.length, 4])
  const again = makeMarket({ now: () => start + 3 * day, monotonic: () => 0 })
  const read = async <Event>(kind: 'ticks' | 'books'): Promise<Event[]> => {
    const files = globSync(`${kind}/symbol=BTC%2FUSDT/*.parquet`, { cwd: history }).toSorted()
    const events: Event[] = []
    for (const file of files) for await (const event of readFlow(kind, join(history, file))) events.push(event as Event)
    return events
  }
  const [sealedTrades, sealedBooks] = [await read<Trade>('ticks'), await read<Book>('books')]
  assert.deepEqual(sealedBooks, books)
  assert.equal(sealedTrades.length, trades.length)
  again.flow.trades(symbol, sealedTrades)
  again.flow.books(symbol, sealedBooks)
  again.store.ingest(key, bars)
  const [then, now] = [live, again].map(({ store }) => store.bars(key))
  assert.equal(then?.length, bars.length)
  assert.ok(then?.every(({ flow }) => flow && flow.trades > 50 && flow.depthSlope > 0))
  assert.deepEqual(now?.map(bits), then?.map(bits))
  await assert.rejects(Array.fromAsync(readFlow('books', join(history, globSync('ticks/*/*.parquet', { cwd: history })[0] ?? ''))), {
    message: /no column bid_prices/,
  })
})
