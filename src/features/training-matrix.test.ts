import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { checkedBars } from '../market/checked-bars.ts'
import { SeriesStore } from '../market/series-store.ts'
import { walkSessions } from '../market/testing/walk-sessions.ts'
import { FeatureService } from './feature-service.ts'
import { type MatrixRequest, stepsOf, trainingMatrix } from './training-matrix.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 300 * 86_400_000, monotonic: () => 0 }
const bars = walkBars({ seed: 5, count: 700, from: start, barMs: minute })
const features = ['close@1m', 'rsi(14)@1m', 'bb_pctb(20,2)@1m', 'close@5m', 'tod_sin']

const fixed = { kind: 'fixed-horizon', steps: 15, cost: 0, sigmas: 0, sigmaBars: 96 } as const

type Overrides = Partial<Omit<MatrixRequest, 'series'>> & { readonly inputs?: readonly BarInput[]; readonly calendar?: string }

function makeMatrix({ inputs = bars, calendar = 'continuous', ...overrides }: Overrides = {}) {
  const request = { symbol: 'BTC/USDT', timeframe: '1m', features, labels: fixed, ...overrides } as const
  const { bars: checked } = checkedBars({ ...request, calendar }, inputs, clock)
  const matrix = trainingMatrix({ ...request, series: new Map([[request.symbol, { calendar, bars: checked }]]) }, clock)
  return { ...matrix, rows: [...matrix.rows] }
}
const [r, threshold, label, weight, landing] = [0, 1, 2, 3, 4] as const
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
  for (const { closeTime, labels } of rows) {
    const at = positionOf(closeTime)
    const expected = Math.log((bars[at + 15] as BarInput).close / (bars[at + 1] as BarInput).open)
    assert.deepEqual([labels[r], labels[threshold], labels[label], labels[landing]], [expected, 0, Math.sign(expected), closeTime + 15 * minute])
    assert.ok((labels[weight] as number) >= 1 / 15 - 1e-12 && (labels[weight] as number) < 1)
  }
})

test('rows that are not settled, and rows whose label is not known yet, are left out and counted', () => {
  const { rows, counts } = makeMatrix()
  assert.deepEqual(counts, { bars: 700, rows: 700 - 294 - 15, warming: 294, quarantined: 0, undefinedValue: 0, unlabelled: 15 })
  assert.equal(positionOf(rows[0]?.closeTime ?? 0), 294)
})

test('a span chooses rows by their close; what came before it warms them up', () => {
  const { rows } = makeMatrix()
  const [from, to] = [start + 400 * minute, start + 500 * minute]
  const span = makeMatrix({ from, to })
  assert.deepEqual(
    span.rows,
    rows.filter(({ closeTime }) => closeTime >= from && closeTime < to),
  )
  assert.deepEqual([span.counts.bars, span.counts.rows], [100, 100])
})

test('a missing bar before the horizon leaves no label in a continuous series; an as-received one counts bars as they come', () => {
  const gap = bars.toSpliced(500, 1)
  const strict = makeMatrix({ inputs: gap, features: ['close@1m'] })
  const labelled = new Set(strict.rows.map(({ closeTime }) => positionOf(closeTime)))
  for (let at = 485; at < 500; at++) assert.ok(!labelled.has(at), `bar ${at}`)
  assert.ok(labelled.has(484) && labelled.has(501))
  const loose = makeMatrix({ inputs: gap, features: ['close@1m'], calendar: 'as_received' })
  const across = loose.rows.find(({ closeTime }) => positionOf(closeTime) === 490)
  assert.equal(across?.labels[landing], start + 507 * minute)
  assert.equal(across?.labels[r], Math.log((bars[506] as BarInput).close / (bars[491] as BarInput).open))
})

test('with sessions a horizon over the night counts their bars; one that is missing before it leaves no label', () => {
  const sessions = walkSessions({ from: '2024-07-02T00:00Z', to: '2024-07-06T00:00Z' })
  const closes = (rows: readonly { readonly closeTime: number }[]): Set<number> => new Set(rows.map(({ closeTime }) => closeTime))
  const closeOf = (at: number): number => (sessions[at] as BarInput).openTime + minute
  const { rows } = makeMatrix({ inputs: sessions, features: ['close@1m'], calendar: 'XNYS' })
  const [last, entry, exit] = [598, 599, 598 + fixed.steps]
  const over = rows.find(({ closeTime }) => closeTime === closeOf(last))
  assert.equal(over?.labels[r], Math.log((sessions[exit] as BarInput).close / (sessions[entry] as BarInput).open))
  const without = closes(makeMatrix({ inputs: sessions.toSpliced(605, 1), features: ['close@1m'], calendar: 'XNYS' }).rows)
  for (let at = 605 - fixed.steps; at < 605; at++) assert.ok(!without.has(closeOf(at)), `bar ${at}`)
  assert.ok(without.has(closeOf(604 - fixed.steps)) && without.has(closeOf(606)))
})

test('features of two symbols are those of a server that has both, over slices of any length', () => {
  const long = walkBars({ seed: 6, count: 9_000, from: start, barMs: minute })
  const other = walkBars({ seed: 7, count: 9_000, from: start, barMs: minute })
  const series = new Map(
    Object.entries({ 'ETH/USDT': long, 'BTC/USDT': other }).map(([symbol, inputs]) => [
      symbol,
      { calendar: 'continuous', bars: checkedBars({ symbol, timeframe: '1m', calendar: 'continuous' }, inputs, clock).bars },
    ]),
  )
  const pair = ['beta(BTC/USDT,60)@1m', 'rsi(14)@5m']
  const { rows } = trainingMatrix({ symbol: 'ETH/USDT', timeframe: '1m', series, features: pair, labels: fixed }, clock)
  const store = new SeriesStore({ clock, meter: noMeter })
  const service = new FeatureService({ series: store, clock, meter: noMeter })
  const set = service.declare({ timeframe: '1m', features: pair, window: 1, symbols: ['*'] })
  const byClose = new Map([...rows].map((row) => [row.closeTime, row.values]))
  let compared = 0
  for (const [i, bar] of long.entries()) {
    store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, [other[i] as BarInput], { clock: 'replay' })
    store.ingest({ symbol: 'ETH/USDT', timeframe: '1m' }, [bar], { clock: 'replay' })
    const exported = byClose.get(bar.openTime + minute)
    if (exported === undefined) continue
    assert.deepEqual(service.vector(set, 'ETH/USDT', undefined).values, exported)
    compared += 1
  }
  assert.ok(compared > 7_000 && compared === byClose.size)
})

test('no row knows what comes after its close, and every label knows no more than its time', () => {
  const { rows } = makeMatrix()
  const cut = 600
  const changed = bars.map((bar, i) => (i < cut ? bar : { ...bar, close: bar.low, volume: bar.volume + 1 }))
  const other = new Map(makeMatrix({ inputs: changed }).rows.map((row) => [row.closeTime, row]))
  const cutTime = start + cut * minute
  for (const row of rows) {
    const same = other.get(row.closeTime)
    if (row.closeTime <= cutTime) assert.deepEqual(same?.values, row.values)
    if ((row.labels[landing] as number) <= cutTime) assert.equal(same?.labels[r], row.labels[r])
  }
  assert.notDeepEqual(other.get(cutTime + minute)?.values, rows.find(({ closeTime }) => closeTime === cutTime + minute)?.values)
})

test('a horizon between bars and an unknown feature are refused', () => {
  assert.equal(stepsOf(900_000, '5m'), 3)
  assert.throws(() => stepsOf(90_000, '1m'), { code: 'validation_failed', message: /whole number of 1m bars/ })
  assert.throws(() => makeMatrix({ features: ['rsi'] }), { code: 'unknown_feature' })
})
