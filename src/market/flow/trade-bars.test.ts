import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Trade } from '../../contracts/flow.ts'
import { noMeter } from '../../contracts/meter.ts'
import { digestOfBars } from '../bar-digest.ts'
import { SeriesStore } from '../series-store.ts'
import { FlowTapes } from './flow-tapes.ts'
import { OrderFlow } from './order-flow.ts'
import { readFlowFile } from './read-flow-file.ts'
import { TradeBars } from './trade-bars.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const symbol = 'BTC/USDT'
const key = { symbol, timeframe: '1m' } as const

type Wish = { readonly series?: 'live' | 'replay'; readonly now?: number; readonly calendar?: string }
function makeMarket({ series = 'live', now = start + 86_400_000, calendar = 'continuous' }: Wish = {}) {
  const time = { now }
  const clock = { now: () => time.now, monotonic: () => 0 }
  const tapes = new FlowTapes()
  const store = new SeriesStore({ clock, meter: noMeter, tapes })
  const bars = new TradeBars({ tapes, store, seriesOf: (of) => (of === symbol ? { clock: series, calendar } : undefined), silenceMs: 5 * minute })
  const flow = new OrderFlow({ tapes, store, clock, meter: noMeter, bars })
  const rows = () =>
    (store.find(symbol, '1m') ? store.bars(key) : []).map(({ openTime, open, high, low, close, volume }) => [
      (openTime - start) / minute,
      open,
      high,
      low,
      close,
      volume,
    ])
  return { time, store, flow, rows }
}
const trade = (at: number, price: number, size = 1): Trade => ({ time: start + at, price, size })

/** A day's trades in bursts, with minutes of none. */
const trades = Array.from({ length: 900 }, (_, i): Trade => {
  const price = 100 + Math.round(1e4 * Math.sin(i / 37)) / 1e4 + (i % 7) / 100
  return {
    time: start + i * 4_100 + (i % 11) * 700 + (i > 500 ? 150_000 : 0),
    price,
    size: 0.1 + ((i * 37) % 101) / 97,
    ...(i % 3 ? { side: i % 2 ? 'buy' : 'sell' } : {}),
    id: String(i),
  }
})

test('bars of trades are open, highest, lowest and last price, volume, what takers bought and number of trades of each minute', () => {
  const { flow, store } = makeMarket()
  flow.trades(symbol, trades)
  const bars = store.bars(key)
  const ordered = trades.toSorted((a, b) => a.time - b.time || Number(a.id) - Number(b.id))
  const until = Math.floor((ordered.at(-1) as Trade).time / minute) * minute
  assert.deepEqual(
    bars.map(({ openTime }) => openTime),
    Array.from({ length: (until - start) / minute - 1 }, (_, i) => start + (i + 1) * minute),
  )
  for (const bar of bars) {
    const own = ordered.filter(({ time }) => time >= bar.openTime && time < bar.closeTime)
    const before = ordered.filter(({ time }) => time < bar.openTime).at(-1) as Trade
    const prices = own.length === 0 ? [before.price] : own.map(({ price }) => price)
    const volume = own.reduce((sum, { size }) => sum + size, 0)
    assert.deepEqual([bar.open, bar.high, bar.low, bar.close], [prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)])
    assert.deepEqual([bar.volume, bar.empty, bar.flow?.trades, bar.flow?.takerBuyVolume], [volume, own.length === 0, own.length, bar.flow?.buyVolume])
    const bought = own.filter(({ side }) => side === 'buy').reduce((sum, { size }) => sum + size, 0)
    assert.ok((bar.flow?.takerBuyVolume as number) >= bought - 1e-9)
  }
  assert.equal(bars.filter(({ empty }) => empty).length, 1)
})

describe('bars of the same trades are the same bit for bit', () => {
  const digest = ({ store }: ReturnType<typeof makeMarket>): string => digestOfBars(key, store.bars(key))
  const whole = makeMarket()
  whole.flow.trades(symbol, trades)

  test('live one by one, in pieces of any size, mixed up within a minute and more than once', () => {
    const live = makeMarket()
    for (const one of trades) live.flow.trades(symbol, [one])
    assert.equal(digest(live), digest(whole))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 20, maxLength: 20 }), (sizes) => {
        const market = makeMarket()
        for (let at = 0, i = 0; at < trades.length; at += sizes[i % sizes.length] as number, i++) {
          const piece = trades.slice(at, at + (sizes[i % sizes.length] as number))
          const mixed = piece.toSorted((a, b) => Math.floor(a.time / minute) - Math.floor(b.time / minute) || Number(b.id) - Number(a.id))
          market.flow.trades(symbol, [...mixed, ...piece.slice(-3)])
        }
        assert.equal(digest(market), digest(whole))
      }),
      { numRuns: 10 },
    )
  })

  test('and those of a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trade-bars-'))
    const file = join(folder, 'trades.csv')
    writeFileSync(file, ['time,price,qty,side,id', ...trades.map(({ time, price, size, side = '', id }) => [time, price, size, side, id].join(','))].join('\n'))
    const market = makeMarket()
    const read: Trade[] = []
    for await (const one of readFlowFile('ticks', file, () => {})) read.push(one as Trade)
    market.flow.trades(symbol, read)
    assert.equal(digest(market), digest(whole))
    rmSync(folder, { recursive: true })
  })
})

describe('a minute', () => {
  test('is over with the first trade of a later one; the first of all is left out, as trades before may not have been sent', () => {
    const { flow, rows } = makeMarket()
    flow.trades(symbol, [trade(30_000, 100), trade(minute, 101, 2), trade(minute + 5, 99)])
    assert.deepEqual(rows(), [])
    flow.trades(symbol, [trade(2 * minute, 102)])
    assert.deepEqual(rows(), [[1, 101, 101, 99, 99, 3]])
  })

  test('is made again for a trade that comes late, and no more once the minute after it has another after it', () => {
    const { flow, rows, store } = makeMarket()
    flow.trades(symbol, [trade(0, 100), trade(minute, 101), trade(2 * minute, 102)])
    assert.equal(flow.trades(symbol, [trade(minute + 9, 105)]).accepted, 1)
    assert.deepEqual(rows(), [[1, 101, 105, 101, 105, 2]])
    assert.equal(store.revisions(key, start + minute).length, 1)
    flow.trades(symbol, [trade(3 * minute, 103)])
    assert.deepEqual(flow.trades(symbol, [trade(minute + 10, 1)]).late, 1)
    assert.deepEqual(rows()[0], [1, 101, 105, 101, 105, 2])
  })

  test('without trades is empty and flat, up to the silence after which a feed may be down; minutes behind that are missing', () => {
    const { flow, rows } = makeMarket()
    flow.trades(symbol, [trade(0, 100), trade(minute, 101), trade(4 * minute, 102), trade(20 * minute, 103), trade(21 * minute, 104)])
    assert.deepEqual(
      rows().map(([nth, , , , close, volume]) => [nth, close, volume]),
      [
        [1, 101, 1],
        [2, 101, 0],
        [3, 101, 0],
        [4, 102, 1],
        [5, 102, 0],
        [6, 102, 0],
        [7, 102, 0],
        [8, 102, 0],
        [20, 103, 1],
      ],
    )
  })

  test('of a live series is over two seconds after its end by the clock, and then with the trades that still come', () => {
    const { flow, rows, time } = makeMarket({ now: start })
    const at = (ms: number) => {
      time.now = start + ms
      flow.pass()
    }
    flow.trades(symbol, [trade(0, 100)])
    time.now = start + minute
    flow.trades(symbol, [trade(minute, 101)])
    at(2 * minute + 1_999)
    assert.deepEqual(rows(), [])
    at(2 * minute + 2_000)
    assert.deepEqual(rows(), [[1, 101, 101, 101, 101, 1]])
    flow.trades(symbol, [trade(minute + 3, 102)])
    assert.deepEqual(rows(), [[1, 101, 102, 101, 102, 2]])
    at(3 * minute + 2_500)
    assert.deepEqual(rows()[1], [2, 102, 102, 102, 102, 0])
    for (let i = 4; i < 12; i++) at(i * minute + 2_500)
    assert.equal(rows().at(-1)?.[0], 5)
  })

  test('of a replay, or of trades of the past, does not end by the clock', () => {
    for (const market of [makeMarket({ series: 'replay', now: start + 3 * minute }), makeMarket()]) {
      market.flow.trades(symbol, [trade(0, 100), trade(minute, 101)])
      market.flow.pass()
      assert.deepEqual(market.rows(), [])
      assert.equal(market.flow.trades(symbol, [trade(30_000, 100)]).accepted, 1)
    }
  })
})

test('bars of the past may be sent for a series that is made of trades; the trades of other symbols make none', () => {
  const { flow, store, rows } = makeMarket()
  store.ingest(key, [{ openTime: start - minute, open: 99, high: 99, low: 99, close: 99, volume: 1 }], { clock: 'replay' })
  flow.trades(symbol, [trade(-1, 99), trade(0, 100), trade(minute, 101)])
  assert.deepEqual(rows(), [
    [-1, 99, 99, 99, 99, 1],
    [0, 100, 100, 100, 100, 1],
  ])
  assert.equal(store.find(symbol, '1m')?.settings.clock, 'replay')
  flow.trades('ETH/USDT', [trade(0, 100), trade(minute, 101), trade(2 * minute, 101)])
  assert.equal(store.find('ETH/USDT', '1m'), undefined)
})

test('with sessions, trades outside of them make no bars, and minutes without any after the last session are not empty ones', () => {
  const at = (text: string): number => Date.parse(`${text}Z`)
  const { flow, store, time } = makeMarket({ calendar: 'XNYS', now: at('2024-07-03T17:03:00') })
  const moments = ['2024-07-03T16:56:30', '2024-07-03T16:57:30', '2024-07-03T16:59:30', '2024-07-03T17:00:30', '2024-07-03T17:01:30']
  flow.trades(
    symbol,
    moments.map((moment, i) => ({ time: at(moment), price: 100 + i, size: 1 })),
  )
  time.now = at('2024-07-03T17:04:30')
  flow.pass()
  const opens = store.bars(key).map(({ openTime, empty }) => [new Date(openTime).toISOString().slice(11, 16), empty])
  assert.deepEqual(opens, [
    ['16:57', false],
    ['16:58', true],
    ['16:59', false],
  ])
  assert.deepEqual([store.describe()[0]?.calendar, store.describe()[0]?.quarantined], ['XNYS', 0])
})
