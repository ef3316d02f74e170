import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Bar, Calendar } from '../contracts/bar.ts'
import { noMeter } from '../contracts/meter.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { walkBars } from './bar-walk.ts'
import type { BarInput } from './check-bar.ts'
import { SeriesStore } from './series-store.ts'

const symbol = 'BTC/USDT'
const day = 86_400_000
const start = Date.UTC(2024, 0, 2)
const names = Object.keys(timeframes) as Timeframe[]
/** Every pair of timeframes of which one is made of whole bars of the other. */
const pairs = names.flatMap((from) =>
  names.filter((to) => timeframes[to] > timeframes[from] && timeframes[to] % timeframes[from] === 0).map((to) => [from, to] as const),
)

const makeStore = (keepBars = 100_000) => new SeriesStore({ clock: { now: () => start + 1_000 * day, monotonic: () => 0 }, meter: noMeter, keepBars })

/** Longer bars by the plainest reckoning: all shorter ones of a period, if none is missing. */
function naive(bars: readonly BarInput[], from: Timeframe, to: Timeframe): number[][] {
  const periods = Map.groupBy(bars, ({ openTime }) => Math.floor(openTime / timeframes[to]) * timeframes[to])
  return [...periods]
    .filter(([, parts]) => parts.length === timeframes[to] / timeframes[from])
    .map(([openTime, parts]) => {
      const [highs, lows] = [parts.map(({ high }) => high), parts.map(({ low }) => low)]
      return [openTime, parts[0]!.open, Math.max(...highs), Math.min(...lows), parts.at(-1)!.close, parts.reduce((sum, { volume }) => sum + volume, 0)]
    })
}

const values = ({ openTime, open, high, low, close, volume }: Bar): number[] => [openTime, open, high, low, close, volume]
const derived = (store: SeriesStore, timeframe: Timeframe): number[][] => (store.find(symbol, timeframe) ? store.bars({ symbol, timeframe }).map(values) : [])

test('every timeframe from 1s to 1d makes every longer one that it divides, bar by bar, with nothing for a period that lacks a bar', () => {
  assert.ok(pairs.length > 80)
  for (const [from, to] of pairs) {
    const parts = timeframes[to] / timeframes[from]
    if (parts > 3_600) continue
    // Not from the begin of a period, and one bar is missing.
    const bars = walkBars({ seed: parts, count: 3 * parts + 2, from: start - timeframes[from], barMs: timeframes[from] }).toSpliced(parts + 1, 1)
    const store = makeStore()
    store.derive(from, to)
    store.ingest({ symbol, timeframe: from }, bars)
    assert.deepEqual(derived(store, to), naive(bars, from, to), `${from} to ${to}`)
    assert.equal(derived(store, to).length, 2, `${from} to ${to}`)
  }
})

test('longer bars do not depend on the order and the portions in which the shorter ones come', () => {
  const order = fc.shuffledSubarray([...Array(60).keys()], { minLength: 60, maxLength: 60 })
  fc.assert(
    fc.property(
      fc.constantFrom(...pairs.filter(([from, to]) => timeframes[to] / timeframes[from] <= 30)),
      order,
      fc.integer({ min: 1, max: 20 }),
      ([from, to], shuffled, size) => {
        const bars = walkBars({ seed: size, count: 60, from: start, barMs: timeframes[from] })
        const store = makeStore()
        store.derive(from, to)
        for (let i = 0; i < 60; i += size)
          store.ingest(
            { symbol, timeframe: from },
            shuffled.slice(i, i + size).map((n) => bars[n]!),
          )
        assert.deepEqual(derived(store, to), naive(bars, from, to))
      },
    ),
    { numRuns: 60 },
  )
})

test('of bars that follow sessions a longer one is made of those that came, once a later one has', () => {
  const calendar: Calendar = 'as_received'
  const store = makeStore()
  store.derive('1s', '1m')
  const bars = walkBars({ seed: 1, count: 130, from: start, barMs: 1_000 }).filter((_, i) => i % 7 !== 0)
  store.ingest({ symbol, timeframe: '1s' }, bars, { calendar })
  assert.deepEqual(
    derived(store, '1m').map(([openTime]) => openTime),
    [start, start + 60_000],
  )
})

test('bars that would need more shorter ones than are kept are refused at once, not awaited for ever', () => {
  assert.throws(() => makeStore(10_000).derive('1s', '1d'), {
    code: 'validation_failed',
    message: /1d bars are made of 86400 bars of 1s, but only 10000 are kept/,
  })
  assert.throws(() => makeStore().derive('5m', '3m'), { code: 'validation_failed' })
  makeStore(10_000).derive('1m', '1d')
})
