import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Calendar } from '../contracts/bar.ts'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { FeatureService } from './feature-service.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const count = 700
const eth = walkBars({ seed: 4, count, from: start, barMs: minute })
const btc = walkBars({ seed: 5, count, from: start, barMs: minute })
const features = ['close@1m', 'beta(BTC/USDT,20)@1m', 'corr(BTC/USDT,20)@1m', 'corr(BTC/USDT,20)@5m']

function makeWorld(calendar: Calendar = 'continuous', historyRows = 1_024, ids = features) {
  const clock = { now: () => start + 30 * 86_400_000, monotonic: () => 0 }
  const store = new SeriesStore({ clock, meter: noMeter })
  const service = new FeatureService({ series: store, clock, meter: noMeter, historyRows })
  const set = service.declare({ timeframe: '1m', features: ids, window: 1, symbols: ['ETH/*'] })
  return {
    take: (symbol: string, bars: readonly BarInput[]) => store.ingest({ symbol, timeframe: '1m' }, bars, { calendar, clock: 'replay' }),
    read: (closed: number) => service.vector(set, 'ETH/USDT', start + closed * minute),
  }
}

/** The definition, in the plainest way. */
function naive(closed: number, n = 20): { readonly beta: number; readonly corr: number } {
  const returns = (bars: readonly BarInput[]) =>
    bars.slice(closed - n, closed).map(({ close }, i) => Math.log(close / (bars[closed - n + i - 1] as BarInput).close))
  const [own, other] = [returns(eth), returns(btc)]
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const covariance = (a: readonly number[], b: readonly number[]) => mean(a.map((value, i) => (value - mean(a)) * ((b[i] as number) - mean(b))))
  return { beta: covariance(own, other) / covariance(other, other), corr: covariance(own, other) / Math.sqrt(covariance(own, own) * covariance(other, other)) }
}

describe('features of two symbols', () => {
  test('are those of their definition, aligned on close time', () => {
    const { take, read } = makeWorld()
    take('BTC/USDT', btc)
    take('ETH/USDT', eth)
    for (const closed of [21, 22, 400, 700]) {
      const { values, statuses } = read(closed)
      const { beta, corr } = naive(closed)
      assert.deepEqual(statuses.slice(0, 3), ['ok', 'ok', 'ok'])
      assert.ok(Math.abs((values[1] as number) - beta) < 1e-12 && Math.abs((values[2] as number) - corr) < 1e-12)
    }
    assert.equal(read(20).warming?.get(1), '20/21')
  })

  test('that compare prices compare closes of one time: a basis, and the distance of two quotes', () => {
    const { take, read } = makeWorld('continuous', 64, ['basis(BTC/USDT)@1m', 'quote_spread_bps(BTC/USDT)@1m', 'zscore(quote_spread_bps(BTC/USDT),20)@1m'])
    take('ETH/USDT', eth)
    take(
      'BTC/USDT',
      btc.filter((_, i) => i !== 650),
    )
    const [own, other] = [eth[699]?.close as number, btc[699]?.close as number]
    const { values, statuses } = read(count)
    assert.deepEqual(statuses, ['ok', 'ok', 'ok'])
    assert.ok(Math.abs((values[0] as number) - (own / other - 1)) < 1e-12 && Math.abs((values[1] as number) - 1e4 * Math.log(own / other)) < 1e-8)
    assert.deepEqual(read(651).statuses, ['partner-missing', 'partner-missing', 'partner-missing'])
  })

  test('lack their partner until its bar has come, and say so', () => {
    const { take, read } = makeWorld()
    take('ETH/USDT', eth)
    assert.deepEqual(read(count).statuses, ['ok', 'partner-missing', 'partner-missing', 'partner-missing'])
    take('BTC/USDT', btc.slice(0, -1))
    assert.deepEqual(read(count).statuses, ['ok', 'partner-missing', 'partner-missing', 'partner-missing'])
    assert.deepEqual(read(count - 1).statuses, ['ok', 'ok', 'ok', 'ok'])
    take('BTC/USDT', btc.slice(-1))
    assert.deepEqual(read(count).statuses, ['ok', 'ok', 'ok', 'ok'])
  })

  test('are not carried over a bar that a partner taken as received lacks', () => {
    const { take, read } = makeWorld('as_received')
    take(
      'BTC/USDT',
      btc.filter((_, i) => i !== 500),
    )
    take('ETH/USDT', eth)
    assert.equal(read(501).statuses[1], 'partner-missing')
    assert.equal(read(502).statuses[1], 'ok')
  })

  test('begin again after a bar that the partner of a continuous series lacks', () => {
    const { take, read } = makeWorld()
    take(
      'BTC/USDT',
      btc.filter((_, i) => i !== 500),
    )
    take('ETH/USDT', eth)
    assert.deepEqual(
      [read(500), read(501), read(502), read(521), read(522)].map(({ statuses }) => statuses[1]),
      ['ok', 'partner-missing', 'warming', 'warming', 'ok'],
    )
  })

  test('have the same bits in whatever order the bars of both come', () => {
    const parts = ['ETH/USDT', 'BTC/USDT'].flatMap((symbol) => Array.from({ length: count / 50 }, (_, i) => ({ symbol, from: 50 * i })))
    const right = makeWorld()
    right.take('BTC/USDT', btc)
    right.take('ETH/USDT', eth)
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), fc.array(fc.nat(count - 1), { maxLength: 3 }), (order, revised) => {
        const other = makeWorld('continuous', 64)
        for (const i of revised) other.take('BTC/USDT', [{ ...(btc[i] as BarInput), close: (btc[i] as BarInput).low }])
        for (const { symbol, from } of order) {
          other.take(symbol, (symbol === 'BTC/USDT' ? btc : eth).slice(from, from + 50))
          other.read(count)
        }
        for (const closed of [60, 300, 699, 700])
          assert.ok(
            other.read(closed).values.every((value, i) => Object.is(value, right.read(closed).values[i])),
            `after ${closed} bars`,
          )
      }),
      { numRuns: 10 },
    )
  })

  test('do not know what comes after them in either series', () => {
    const [one, other] = [makeWorld(), makeWorld()]
    for (const { take } of [one, other]) take('BTC/USDT', btc.slice(0, 400))
    for (const { take } of [one, other]) take('ETH/USDT', eth.slice(0, 400))
    one.take('BTC/USDT', btc.slice(400))
    one.take('ETH/USDT', eth.slice(400))
    assert.deepEqual(one.read(400).values, other.read(400).values)
  })
})
