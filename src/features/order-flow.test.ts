import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Book, Trade } from '../contracts/flow.ts'
import { noMeter } from '../contracts/meter.ts'
import type { BarInput } from '../market/check-bar.ts'
import { walkBars } from '../market/bar-walk.ts'
import { FlowTapes } from '../market/flow/flow-tapes.ts'
import { OrderFlow } from '../market/flow/order-flow.ts'
import { SeriesStore } from '../market/series-store.ts'
import { FeatureService } from './feature-service.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const [symbol, timeframe] = ['BTC/USDT', '1m'] as const
const clock = { now: () => start + 86_400_000, monotonic: () => 0 }
const ofTrades = ['trade_imb(3)@1m', 'vpin(3)@1m', 'trade_rate(3)@1m', 'tick_age@1m', 'trade_imb(1)@5m']
const ofBooks = [
  'mid@1m',
  'spread_bps@1m',
  'spread_mean_bps(2)@1m',
  'microprice_bps@1m',
  'obi(5)@1m',
  'ofi(3)@1m',
  'cost_to_trade(1000)@1m',
  'depth_slope@1m',
  'book_age@1m',
]
const features = ['close@1m', 'taker_imb@1m', ...ofTrades, ...ofBooks]

function makeMarket() {
  const tapes = new FlowTapes()
  const store = new SeriesStore({ clock, meter: noMeter, tapes })
  const service = new FeatureService({ series: store, clock, meter: noMeter, historyRows: 64 })
  store.derive('1m', '5m')
  const set = service.declare({ timeframe, features, window: 1, symbols: [symbol] })
  const read = (nth: number) => service.vector(set, symbol, start + (nth + 1) * minute)
  return { flow: new OrderFlow({ tapes, store, clock, meter: noMeter }), take: (bars: readonly BarInput[]) => store.ingest({ symbol, timeframe }, bars), read }
}

const walk = walkBars({ seed: 4, count: 30, from: start, barMs: minute })
const tradesOf = ({ openTime, open, close }: BarInput): Trade[] =>
  Array.from({ length: 8 }, (_, i) => ({
    time: openTime + 7_000 * i,
    price: i % 2 === 0 ? open : close,
    size: 1 + (i % 3) + open / 1e4,
    id: String(i),
    ...(i % 3 === 0 ? {} : { side: i % 4 === 1 ? ('sell' as const) : ('buy' as const) }),
  }))
const booksOf = ({ openTime, close }: BarInput): Book[] =>
  Array.from({ length: 6 }, (_, i) => ({
    time: openTime + 9_000 * i + 500,
    bids: Array.from({ length: 7 }, (_, k) => [close - 0.1 - 0.1 * k - 0.05 * (i % 2), 3 + ((i + k) % 4)] as const),
    asks: Array.from({ length: 7 }, (_, k) => [close + 0.1 + 0.1 * k, 2 + ((i * k) % 5)] as const),
  }))
const bars = walk.map((bar) => {
  const volume = tradesOf(bar).reduce((sum, { size }) => sum + size, 0)
  return { ...bar, volume, takerBuyVolume: volume / 3 }
})
const trades = bars.flatMap(tradesOf)
const books = bars.flatMap(booksOf)

test('values live, minute by minute, are those of a backfill in either order, bit for bit', () => {
  const [live, flowFirst, barsFirst] = [makeMarket(), makeMarket(), makeMarket()]
  const seen = bars.map((bar, i) => {
    live.flow.trades(symbol, tradesOf(bar))
    live.flow.books(symbol, booksOf(bar))
    live.take([bar])
    return Float64Array.from(live.read(i).values)
  })
  flowFirst.flow.trades(symbol, trades)
  flowFirst.flow.books(symbol, books)
  flowFirst.take(bars)
  barsFirst.take(bars)
  barsFirst.flow.books(symbol, books)
  for (const trade of trades) barsFirst.flow.trades(symbol, [trade])
  for (const [i, values] of seen.entries()) {
    assert.deepEqual(flowFirst.read(i).values, values, `minute ${i}`)
    if (i < bars.length - 1) assert.deepEqual(barsFirst.read(i).values, values, `minute ${i}`)
  }
  const last = live.read(29)
  assert.deepEqual([last.complete, last.statuses.every((status) => status === 'ok')], [true, true])
})

test('what was not observed is missing, never zero, until it has left the window', () => {
  const { flow, take, read } = makeMarket()
  const statusOf = (nth: number, id: string) => read(nth).statuses[features.indexOf(id)]
  const unseen = (nth: number): boolean => nth === 10
  flow.trades(
    symbol,
    bars.flatMap((bar, nth) => (unseen(nth) ? [] : tradesOf(bar))),
  )
  flow.books(
    symbol,
    bars.flatMap((bar, nth) => (unseen(nth) ? [] : booksOf(bar))),
  )
  take(bars.map(({ takerBuyVolume, ...bar }, nth) => (unseen(nth) ? bar : { ...bar, takerBuyVolume })))
  assert.deepEqual(
    [9, 10, 11].map((nth) => statusOf(nth, 'taker_imb@1m')),
    ['ok', 'missing', 'ok'],
  )
  for (const id of ['trade_imb(3)@1m', 'vpin(3)@1m', 'trade_rate(3)@1m'])
    assert.deepEqual(
      [9, 10, 11, 12, 13].map((nth) => statusOf(nth, id)),
      ['ok', 'missing', 'missing', 'missing', 'ok'],
    )
  assert.deepEqual(
    [9, 10, 11].map((nth) => statusOf(nth, 'spread_bps@1m')),
    ['ok', 'missing', 'ok'],
  )
  assert.equal(statusOf(14, 'trade_imb(1)@5m'), 'missing')
  assert.ok(Number.isNaN(read(10).values[features.indexOf('obi(5)@1m')]))
  assert.equal(statusOf(1, 'trade_imb(3)@1m'), 'warming')
})

test('nothing traded is flat, not missing', () => {
  const { flow, take, read } = makeMarket()
  flow.trades(symbol, [{ time: start - 1, price: 10, size: 1 }])
  const still = [0, 1, 2].map((nth) => ({ openTime: start + nth * minute, open: 10, high: 10, low: 10, close: 10, volume: 0, takerBuyVolume: 0 }))
  flow.trades(symbol, [{ time: start + 3 * minute, price: 10, size: 1 }])
  take(still)
  const { statuses, values } = read(2)
  assert.deepEqual(
    ['taker_imb@1m', 'trade_imb(3)@1m', 'trade_rate(3)@1m', 'tick_age@1m', 'mid@1m'].map((id) => statuses[features.indexOf(id)]),
    ['flat', 'flat', 'ok', 'ok', 'missing'],
  )
  assert.equal(values[features.indexOf('tick_age@1m')], 180.001)
})
