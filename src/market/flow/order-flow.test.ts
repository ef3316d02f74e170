import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Book, Flow, Trade } from '../../contracts/flow.ts'
import { noMeter } from '../../contracts/meter.ts'
import type { BarInput } from '../check-bar.ts'
import { SeriesStore } from '../series-store.ts'
import { FlowTapes } from './flow-tapes.ts'
import { OrderFlow } from './order-flow.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 86_400_000, monotonic: () => 0 }
const symbol = 'BTC/USDT'
const key = { symbol, timeframe: '1m' } as const

function makeMarket() {
  const tapes = new FlowTapes()
  const store = new SeriesStore({ clock, meter: noMeter, tapes })
  return { store, flow: new OrderFlow({ tapes, store, clock, meter: noMeter }) }
}
const makeTrade = (at: number, overrides: Partial<Trade> = {}): Trade => ({ time: start + at, price: 100, size: 1, side: 'buy', ...overrides })
const makeBook = (at: number, { bid = 99, ask = 101, bidSize = 2, askSize = 3 } = {}): Book => ({
  time: start + at,
  bids: Array.from({ length: 6 }, (_, i) => [bid - i, bidSize + i] as const),
  asks: Array.from({ length: 6 }, (_, i) => [ask + i, askSize + i] as const),
})
const bar = (nth: number, volume: number): BarInput => ({ openTime: start + nth * minute, open: 100, high: 101, low: 99, close: 100, volume })
const flows = (store: SeriesStore): (Flow | undefined)[] => store.bars(key).map(({ flow }) => flow)
const trades = Array.from({ length: 60 }, (_, i) =>
  makeTrade(i * 3_000 + (i % 7) * 100, { id: String(i), size: 1 + (i % 5) / 10, side: i % 3 === 0 ? 'buy' : 'sell' }),
)
const books = Array.from({ length: 40 }, (_, i) => makeBook(i * 4_500, { bid: 98 + (i % 3) * 0.5, bidSize: 1 + (i % 4) }))
const volumeOf = (nth: number): number => trades.filter(({ time }) => Math.floor((time - start) / minute) === nth).reduce((sum, { size }) => sum + size, 0)
const bars = [0, 1, 2].map((nth) => bar(nth, volumeOf(nth)))

describe('trades and books of a minute', () => {
  test('go into its bar, whether they come before it or after, and in whatever pieces', () => {
    const before = makeMarket()
    before.flow.trades(symbol, trades)
    before.flow.books(symbol, books)
    before.store.ingest(key, bars)
    const after = makeMarket()
    after.store.ingest(key, bars)
    for (const trade of [...trades, makeTrade(3 * minute)]) after.flow.trades(symbol, [trade])
    for (const book of [...books, makeBook(3 * minute)]) after.flow.books(symbol, [book])
    assert.equal(flows(before.store).length, 3)
    assert.ok(flows(before.store).every((flow) => flow && flow.trades === 20 && flow.lastBookTime > 0))
    assert.deepEqual(flows(after.store), flows(before.store))
    assert.equal(after.store.find(symbol, '1m')?.revisionCount, 6)
  })

  test('say the same in any order and however often they come', () => {
    const [first, second] = [trades.slice(0, 40), books.slice(0, 26)]
    const expected = makeMarket()
    expected.flow.trades(symbol, first)
    expected.flow.books(symbol, second)
    expected.store.ingest(key, bars.slice(0, 2))
    const mixed = fc.tuple(fc.shuffledSubarray(first, { minLength: 40 }), fc.shuffledSubarray(second, { minLength: 26 }), fc.subarray(first))
    fc.assert(
      fc.property(mixed, ([someTrades, someBooks, again]) => {
        const { flow, store } = makeMarket()
        flow.trades(symbol, [first.at(-1) as Trade, ...someTrades, ...again])
        flow.books(symbol, someBooks)
        store.ingest(key, bars.slice(0, 2))
        assert.deepEqual(flows(store), flows(expected.store))
      }),
      { numRuns: 20 },
    )
  })

  test('are late once the minute after theirs has another after it, and change nothing then', () => {
    const { flow, store } = makeMarket()
    flow.trades(symbol, trades)
    store.ingest(key, bars)
    const known = flows(store)
    assert.deepEqual(flow.trades(symbol, trades), { accepted: 0, unchanged: 40, late: 20, quarantined: 0, refused: [] })
    assert.deepEqual(flows(store), known)
  })

  test('that do not add up to the volume of the bar count as not observed', () => {
    const { flow, store } = makeMarket()
    flow.trades(symbol, trades)
    store.ingest(key, [bar(0, volumeOf(0) * 1.02)])
    const [observed] = flows(store)
    assert.ok(Number.isNaN(observed?.buyVolume) && Number.isNaN(observed?.trades))
  })

  test('go into longer bars: sums, the mean of the spreads, the last book', () => {
    const { flow, store } = makeMarket()
    store.derive('1m', '5m')
    flow.trades(symbol, [...trades, makeTrade(4 * minute + 1)])
    flow.books(symbol, [makeBook(-1), ...books, makeBook(3 * minute + 1), makeBook(4 * minute + 2)])
    store.ingest(key, [...bars, bar(3, 0), bar(4, 1)])
    const [longer] = store.bars({ symbol, timeframe: '5m' })
    const own = flows(store) as Flow[]
    const sum = (field: keyof Flow) => own.reduce((total, part) => total + part[field], 0)
    assert.equal(longer?.flow?.buyVolume, sum('buyVolume'))
    assert.equal(longer?.flow?.trades, 61)
    assert.equal(longer?.flow?.meanSpread, sum('meanSpread') / 5)
    assert.equal(longer?.flow?.lastBookTime, start + 4 * minute + 2)
  })
})

test('a trade without a side takes that of the last change of price; before any, half of it goes to each', () => {
  const { flow, store } = makeMarket()
  const prices = [100, 100, 101, 101, 100.5]
  flow.trades(
    symbol,
    prices.map((price, i) => ({ time: start + i, price, size: 1 })),
  )
  store.ingest(key, [bar(0, 5)])
  assert.deepEqual([flows(store)[0]?.buyVolume, flows(store)[0]?.sellVolume], [3, 2])
})

test('the imbalance of the book is what was added to its best bid less what was added to its best ask', () => {
  const { flow, store } = makeMarket()
  const steps = [{}, { bidSize: 5 }, { bidSize: 5, askSize: 1 }, { bid: 99.5, bidSize: 4, askSize: 1 }, { bid: 99.5, bidSize: 4, ask: 102, askSize: 7 }]
  flow.books(
    symbol,
    steps.map((step, i) => makeBook(-1_000 + i * 10_000, step)),
  )
  store.ingest(key, [bar(0, 0)])
  const [observed] = flows(store) as [Flow]
  assert.equal(observed.ofi, 3 + 2 + 4 + 1)
  assert.equal(observed.bidDepth5, 4 + 5 + 6 + 7 + 8)
  assert.ok(Number.isNaN(observed.bidDepth10))
  const costs = (1e4 * (1000 / (7 + (1000 - 714) / 103) - 1000 / (4 + 5 + (1000 - 398 - 492.5) / 97.5))) / 100.75 / 2
  assert.ok(Math.abs(observed.cost1000 - costs) < 1e-9)
  assert.ok(Number.isNaN(observed.cost1000000))
})

test('the slope of the book is that of the line on which its levels lie, and the nearest to them where they do not; more than 20 levels do not move it', () => {
  const slopeOf = (bids: Book['bids'], asks: Book['asks']): number => {
    const { flow, store } = makeMarket()
    flow.books(symbol, [{ time: start, bids, asks }])
    store.ingest(key, [bar(0, 0)])
    return flows(store)[0]?.depthSlope as number
  }
  // Levels k/2 bps beside the mid of 100, with k times 1,000 traded up to there over the slope.
  const straight = (sign: 1 | -1, slope: number) =>
    Array.from({ length: 25 }, (_, i) => {
      const price = 100 * (1 + (sign * (i + 1)) / 20_000)
      return [price, i < 20 ? 500 / slope / price : 1e9] as const
    })
  assert.ok(Math.abs(slopeOf(straight(-1, 0.25), straight(1, 0.75)) - 0.5) < 1e-9)
  const { bids, asks } = makeBook(0)
  const nearest = (levels: Book['asks']): number => {
    const points = levels.map(
      ([price], i) => [levels.slice(0, i + 1).reduce((sum, [p, size]) => sum + (p * size) / 1_000, 0), 100 * Math.abs(price - 100)] as const,
    )
    const error = (slope: number): number => points.reduce((sum, [x, y]) => sum + (y - slope * x) ** 2, 0)
    let [low, high] = [0, 1e6]
    for (let i = 0; i < 200; i++) {
      const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
      if (error(a) < error(b)) high = b
      else low = a
    }
    return low
  }
  assert.ok(Math.abs(slopeOf(bids, asks) / ((nearest(bids) + nearest(asks)) / 2) - 1) < 1e-6)
})

test('sums over a minute are not there unless a book of the minute before says how it began', () => {
  const { flow, store } = makeMarket()
  flow.books(symbol, [makeBook(1), makeBook(2)])
  store.ingest(key, [bar(0, 0)])
  const [observed] = flows(store) as [Flow]
  assert.deepEqual([observed.bid, observed.ofi, observed.meanSpread], [99, NaN, NaN])
})

test('impossible trades and books are refused with their place and reason', () => {
  const { flow } = makeMarket()
  const faults = flow.trades(symbol, [makeTrade(0), makeTrade(1, { price: -1 }), makeTrade(2, { size: NaN }), { ...makeTrade(0), time: 17e8 }, makeTrade(9e7)])
  assert.deepEqual(
    faults.refused.map(({ index, reason }) => `${index} ${reason.split(' ')[0]}`),
    ['1 price', '2 size', '3 time', '4 time'],
  )
  const wrong = [makeBook(0, { bid: 101 }), { ...makeBook(1), bids: [] }, { ...makeBook(2), asks: makeBook(2).asks.toReversed() }]
  assert.deepEqual(
    flow.books(symbol, wrong).refused.map(({ reason }) => reason),
    ['the book is crossed: bid 101, ask 101', 'bids must have 1 to 50 levels', 'asks must be ascending'],
  )
  assert.throws(() => flow.trades('BTC', []), /not a symbol/)
})

test('a bar keeps what was observed when it comes again, and what its sender says of takers', () => {
  const { flow, store } = makeMarket()
  flow.trades(symbol, trades)
  store.ingest(key, [{ ...(bars[0] as BarInput), takerBuyVolume: 3 }])
  const [known] = flows(store)
  assert.equal(known?.takerBuyVolume, 3)
  flow.trades(symbol, [makeTrade(1_440 * minute)])
  assert.equal(store.ingest(key, bars.slice(0, 1)).unchanged, 1)
  assert.equal(store.ingest(key, [{ ...(bars[0] as BarInput), close: 100.5 }]).revised, 1)
  assert.deepEqual(flows(store)[0], known)
  assert.deepEqual(store.ingest(key, [{ ...bar(5, 2), takerBuyVolume: 3 }]).quarantined[0]?.reason, 'what takers bought is not between 0 and the volume')
})
