import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Funding } from '../../contracts/flow.ts'
import { noMeter } from '../../contracts/meter.ts'
import { SeriesStore } from '../series-store.ts'
import { FlowTapes } from './flow-tapes.ts'
import { OrderFlow } from './order-flow.ts'

const [minute, hour] = [60_000, 3_600_000]
const start = Date.UTC(2024, 0, 1)
const symbol = 'BTC/USDT:USDT'
const clock = { now: () => start + 10 * 86_400_000, monotonic: () => 0 }

function makeMarket() {
  const tapes = new FlowTapes()
  const store = new SeriesStore({ clock, meter: noMeter, tapes })
  const flow = new OrderFlow({ tapes, store, clock, meter: noMeter })
  const take = (from: number, count: number) =>
    store.ingest(
      { symbol, timeframe: '1m' },
      Array.from({ length: count }, (_, i) => ({ openTime: from + i * minute, open: 9, high: 9, low: 9, close: 9, volume: 1 })),
    )
  /** The rate of the bar that closes at a moment. */
  const at = (closeTime: number) => {
    const [bar] = store.bars({ symbol, timeframe: '1m' }, { from: closeTime - minute, to: closeTime })
    return [bar?.flow?.fundingRate, bar?.flow?.nextFundingTime]
  }
  return { store, flow, take, at }
}
const predicted = (at: number, rate: number, overrides: Partial<Funding> = {}): Funding => ({
  time: start + at,
  rate,
  nextTime: start + 8 * hour * (Math.floor(at / (8 * hour)) + 1),
  ...overrides,
})

describe('the funding rate of a bar', () => {
  test('is the one that was known when it closed, not the one that was settled later', () => {
    const { flow, take, at } = makeMarket()
    flow.funding(symbol, [predicted(0, 0.0001), predicted(7 * hour, 0.0003), predicted(8 * hour, 0.0005)])
    take(start, 9 * 60)
    const payment = start + 8 * hour
    assert.deepEqual(at(start + minute), [0.0001, payment])
    assert.deepEqual(at(start + 7 * hour), [0.0001, payment])
    assert.deepEqual(at(start + 7 * hour + minute), [0.0003, payment])
    assert.deepEqual(at(payment), [0.0003, payment])
    assert.deepEqual(at(payment + minute), [0.0005, payment + 8 * hour])
    const settled = flow.funding(symbol, [predicted(0, 0.0004)])
    assert.deepEqual(settled.refused, [{ index: 0, reason: 'another rate is known for this moment already; what was known then does not change' }])
    assert.deepEqual(at(start + minute), [0.0001, payment])
  })

  test('is absent before any was known, and once the payment is past and no next one is known', () => {
    const { flow, take, at } = makeMarket()
    flow.funding(symbol, [predicted(hour, 0.0001)])
    take(start, 9 * 60)
    assert.deepEqual(at(start + hour), [undefined, undefined])
    assert.deepEqual(at(start + 8 * hour), [0.0001, start + 8 * hour])
    assert.deepEqual(at(start + 8 * hour + minute), [NaN, start + 8 * hour])
  })

  test('is the same whether it comes before the bars or after, in any order and however often', () => {
    const rates = [
      predicted(0, 1e-4),
      predicted(hour, 2e-4),
      predicted(2 * hour, 1e-4),
      predicted(3 * hour, 3e-4, { nextTime: start + 4 * hour }),
      predicted(5 * hour, 0),
    ]
    const expected = makeMarket()
    expected.flow.funding(symbol, rates)
    expected.take(start, 6 * 60)
    const all = (market: ReturnType<typeof makeMarket>) =>
      market.store.bars({ symbol, timeframe: '1m' }).map(({ flow }) => [flow?.fundingRate, flow?.nextFundingTime])
    fc.assert(
      fc.property(fc.shuffledSubarray(rates, { minLength: rates.length }), fc.subarray(rates), fc.integer({ min: 0, max: 360 }), (mixed, again, before) => {
        const market = makeMarket()
        market.take(start, before)
        for (const rate of [...mixed, ...again]) market.flow.funding(symbol, [rate])
        market.take(start + before * minute, 360 - before)
        assert.deepEqual(all(market), all(expected))
      }),
      { numRuns: 25 },
    )
  })

  test('is known in bars of any timeframe that come in, and in longer ones made of them as their last part knows it', () => {
    const { store, flow, take } = makeMarket()
    store.derive('1m', '1h')
    take(start, 120)
    store.ingest({ symbol, timeframe: '4h' }, [{ openTime: start, open: 9, high: 9, low: 9, close: 9, volume: 1 }])
    flow.funding(symbol, [predicted(59 * minute, 1e-4), predicted(hour, 2e-4)])
    const rateOf = (timeframe: '1h' | '4h') => store.bars({ symbol, timeframe }).map((bar) => bar.flow?.fundingRate)
    assert.deepEqual([rateOf('1h'), rateOf('4h')], [[1e-4, 2e-4], [2e-4]])
  })

  test('goes on after a restart as the newest bar knows it', () => {
    const before = makeMarket()
    before.flow.funding(symbol, [predicted(0, 1e-4)])
    before.take(start, 60)
    const after = makeMarket()
    const series = before.store.find(symbol, '1m')
    assert.ok(series?.last)
    after.store.restore(series)
    after.flow.restoreFunding(symbol, series.last)
    after.take(start + hour, 2)
    assert.deepEqual(after.at(start + hour + minute), [1e-4, start + 8 * hour])
    after.flow.funding(symbol, [predicted(30 * minute, 2e-4), predicted(hour + minute, 3e-4)])
    const known = [start + 30 * minute, start + 40 * minute, start + hour, start + hour + minute, start + hour + 2 * minute].map(
      (closeTime) => after.at(closeTime)[0],
    )
    assert.deepEqual(known, [1e-4, 2e-4, 1e-4, 1e-4, 3e-4])
  })

  test('is refused where it is none, or its times are impossible', () => {
    const { flow } = makeMarket()
    const wrong = [
      predicted(0, 2),
      predicted(0, NaN),
      predicted(11 * 86_400_000, 0),
      predicted(hour, 0, { nextTime: start }),
      predicted(0, 0, { nextTime: start + 8 * 86_400_000 }),
    ]
    assert.deepEqual(
      flow.funding(symbol, wrong).refused.map(({ reason }) => reason.split(' ').slice(0, 4).join(' ')),
      ['the rate is not', 'the rate is not', 'time lies in the', 'the payment is not', 'the payment is not'],
    )
  })
})
