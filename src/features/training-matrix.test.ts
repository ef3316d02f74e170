import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { FeatureService } from './feature-service.ts'
import { type MatrixRequest, trainingMatrix } from './training-matrix.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 300 * 86_400_000, monotonic: () => 0 }
const bars = walkBars({ seed: 5, count: 700, from: start, barMs: minute })
const features = ['close@1m', 'rsi(14)@1m', 'bb_pctb(20,2)@1m', 'close@5m', 'tod_sin']

function makeMatrix(overrides: Partial<MatrixRequest> = {}) {
  const request = { symbol: 'BTC/USDT', timeframe: '1m', calendar: 'continuous', bars, features, horizonMs: 15 * minute, ...overrides } as const
  const matrix = trainingMatrix(request, clock)
  return { ...matrix, rows: [...matrix.rows] }
}
const positionOf = (closeTime: number): number => bars.findIndex((bar) => bar.openTime + minute === closeTime)

test('a row is what the service would have served at that close, bit for bit', () => {
  const { rows, set } = makeMatrix()
  const store = new SeriesStore({ clock, meter: noMeter })
  const service = new FeatureService({ series: store, clock, meter: noMeter })
  const live = service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'] })
  assert.equal(set.digest, live.digest)
  const byClose = new Map(rows.map((row) => [row.closeTime, row.values]))
  let compared = 0
  for (const bar of bars) {
    store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, [bar], { clock: 'replay' })
    const exported = byClose.get(bar.openTime + minute)
    if (exported === undefined) continue
    assert.deepEqual(service.vector(live, 'BTC/USDT', undefined).values, exported)
    compared += 1
  }
  assert.ok(compared > 380 && compared === rows.length)
})

test('the return is from the open of the next bar to the close at the horizon, and is known when that bar closed', () => {
  const { rows } = makeMatrix()
  for (const { closeTime, forwardReturn, labelTime } of rows) {
    const at = positionOf(closeTime)
    assert.equal(forwardReturn, Math.log((bars[at + 15] as BarInput).close / (bars[at + 1] as BarInput).open))
    assert.equal(labelTime, closeTime + 15 * minute)
  }
})

test('rows that are not settled, and rows whose label is not known yet, are left out and counted', () => {
  const { rows, counts } = makeMatrix()
  assert.deepEqual(counts, { bars: 700, rows: 700 - 294 - 15, quarantined: 0, warming: 294, undefinedValue: 0, unlabelled: 15 })
  assert.equal(positionOf(rows[0]?.closeTime ?? 0), 294)
})

test('a missing bar before the horizon leaves no label in a continuous series; an as-received one counts bars as they come', () => {
  const gap = bars.toSpliced(500, 1)
  const strict = makeMatrix({ bars: gap, features: ['close@1m'] })
  const labelled = new Set(strict.rows.map(({ closeTime }) => positionOf(closeTime)))
  for (let at = 485; at < 500; at++) assert.ok(!labelled.has(at), `bar ${at}`)
  assert.ok(labelled.has(484) && labelled.has(501))
  const loose = makeMatrix({ bars: gap, features: ['close@1m'], calendar: 'as_received' })
  const across = loose.rows.find(({ closeTime }) => positionOf(closeTime) === 490)
  assert.equal(across?.labelTime, start + 507 * minute)
  assert.equal(across?.forwardReturn, Math.log((bars[506] as BarInput).close / (bars[491] as BarInput).open))
})

test('no row knows what comes after its close, and every label knows no more than its time', () => {
  const { rows } = makeMatrix()
  const cut = 600
  const changed = bars.map((bar, i) => (i < cut ? bar : { ...bar, close: bar.low, volume: bar.volume + 1 }))
  const other = new Map(makeMatrix({ bars: changed }).rows.map((row) => [row.closeTime, row]))
  const cutTime = start + cut * minute
  for (const row of rows) {
    const same = other.get(row.closeTime)
    if (row.closeTime <= cutTime) assert.deepEqual(same?.values, row.values)
    if (row.labelTime <= cutTime) assert.equal(same?.forwardReturn, row.forwardReturn)
  }
  assert.notDeepEqual(other.get(cutTime + minute)?.values, rows.find(({ closeTime }) => closeTime === cutTime + minute)?.values)
})

test('impossible bars are left out and counted; a file without a usable bar and a horizon between bars are refused', () => {
  assert.equal(makeMatrix({ bars: bars.with(650, { ...(bars[650] as BarInput), volume: -1 }) }).counts.quarantined, 1)
  assert.throws(() => makeMatrix({ bars: [{ ...(bars[0] as BarInput), volume: -1 }] }), { code: 'validation_failed', message: /volume is negative/ })
  assert.throws(() => makeMatrix({ horizonMs: 90_000 }), { code: 'validation_failed', message: /whole number of 1m bars/ })
  assert.throws(() => makeMatrix({ features: ['rsi'] }), { code: 'unknown_feature' })
})
