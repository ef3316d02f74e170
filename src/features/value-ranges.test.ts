import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Meter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { families } from './catalog/index.ts'
import { defineFeature, usualId } from './definition.ts'
import { boundsOf } from './expressions/ranges.ts'
import { FeatureService } from './feature-service.ts'
import { readSetFile } from './set-file.ts'
import { kernelValues } from './testing/kernel-run.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 300 * 86_400_000, monotonic: () => 0 }
const key = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const walk = (count: number, seed = 8) => walkBars({ seed, count, from: start, barMs: minute })

/** A service over bars that came in as they are, and what it counted. */
function makeWorld(spec: { readonly features: readonly string[]; readonly window?: number }) {
  const counted: Record<string, number> = {}
  const meter: Meter = {
    counter: (name, labels = {}) => ({
      add: (by = 1) => void (counted[`${name} ${Object.values(labels).join(' ')}`] = (counted[`${name} ${Object.values(labels).join(' ')}`] ?? 0) + by),
    }),
    histogram: () => ({ observe() {} }),
    gauge: () => ({ set() {} }),
  }
  const store = new SeriesStore({ clock, meter, jumps: { maxJump: 0, quoteTolerance: 0 } })
  const service = new FeatureService({ series: store, clock, meter })
  const set = service.declare({ timeframe: '1m', window: 1, symbols: ['*'], ...spec })
  const ingest = (bars: readonly BarInput[]) => store.ingest(key, bars, { clock: 'replay' })
  return { service, set, counted, ingest, read: () => service.vector(set, key.symbol, undefined) }
}
const scaled = (bars: readonly BarInput[], by: number): BarInput[] =>
  bars.map((bar) => ({ ...bar, open: bar.open * by, high: bar.high * by, low: bar.low * by, close: bar.close * by }))
/** Prices whose double no double holds, as ksft forms it. */
const huge = (count: number): BarInput[] => scaled(walk(count), 1e308 / (walk(1)[0]?.open ?? 1))

test('every family keeps to its range on bars of any scale, but for the rounding that is allowed', () => {
  const shape = fc.record({ seed: fc.nat(1_000), scale: fc.constantFrom(1e-7, 1e-3, 1, 1e5), volume: fc.constantFrom(0, 1e-6, 1, 1e9) })
  fc.assert(
    fc.property(shape, ({ seed, scale, volume }) => {
      const bars = scaled(walk(700, seed), scale).map((bar, i) => ({ ...bar, volume: bar.volume * volume, ...(i % 97 < 40 ? {} : { high: bar.high * 1.2 }) }))
      for (const family of families) {
        const id = usualId(family, '1m')
        const { warmUp, range } = defineFeature(id, '1m')
        const { min, max } = boundsOf(range)
        const wrong = kernelValues(id, '1m', bars).findIndex((value, i) => i >= warmUp.settled && !Number.isNaN(value) && !(value >= min && value <= max))
        assert.equal(wrong, -1, `${id} at ${wrong}`)
      }
    }),
    { numRuns: 12 },
  )
})

test('a value that is not finite is quarantined with its reason and counted; the others are served', () => {
  const { read, ingest, service, set, counted } = makeWorld({ features: ['close@1m', 'ksft@1m'] })
  ingest(huge(30))
  const vector = read()
  assert.deepEqual([vector.complete, vector.statuses, Number.isNaN(vector.values[1])], [false, ['ok', 'quarantined'], true])
  const [close, shift] = service.describe(set, key.symbol)
  assert.deepEqual([close?.reason, shift?.value, shift?.reason], [undefined, undefined, 'Infinity was computed; it is a finite number'])
  assert.deepEqual([counted['feature_values_quarantined_total ksft@1m'], counted['feature_values_quarantined_total close@1m']], [30, undefined])
  assert.equal(counted['feature_values_absent_total ksft@1m quarantined'], 2)
})

test('a window with one such value somewhere is quarantined in that column, and clean again when it has left', () => {
  const bars = walk(8)
  const set = readSetFile('timeframe: 1m\nwindow: 3\nfeatures:\n  - { value: close, range: [null, 400] }\n', { file: 'x.yaml' }).spec ?? assert.fail()
  const bounded = makeWorld(set)
  bounded.ingest(bars.slice(0, 3))
  for (const [i, status] of [
    [3, 'quarantined'],
    [4, 'quarantined'],
    [5, 'quarantined'],
    [6, 'ok'],
  ] as const) {
    bounded.ingest([{ ...(bars[i] as BarInput), ...(i === 3 ? { high: 450, close: 450 } : {}) }])
    assert.deepEqual([i, bounded.read().statuses], [i, [status]])
  }
})

test('a feature outside of its range makes no value of what rests on it', () => {
  const { read, ingest } = makeWorld({ features: ['if(ksft>0,1,1)@1m'] })
  ingest(huge(30))
  assert.deepEqual(read().statuses, ['quarantined'])
})

test('what is refused live is refused when the bars are folded again', () => {
  const features = ['ksft@1m', 'stoch_k(14,3,3)@1m', 'plus_di(14)@1m', 'close@1m']
  const bars = huge(500)
  const live = makeWorld({ features })
  for (const bar of bars) live.ingest([bar])
  const late = makeWorld({ features })
  late.ingest(bars)
  for (let closed = 20; closed <= bars.length; closed++) {
    const [a, b] = [live, late].map(({ service, set }) => service.vector(set, key.symbol, start + closed * minute))
    assert.deepEqual([closed, a?.statuses, a?.values], [closed, b?.statuses, b?.values])
  }
})

const setOf = (column: string) => readSetFile(`timeframe: 1m\nfeatures:\n  x: ${column}\n`, { file: 'x.yaml' })

test('a set may declare a narrower range, which is part of its digest, and of its lags', () => {
  const { spec } = setOf('{ value: "(close-sma(20))/atr(14)", lag: 1, range: [-1, 1] }')
  const wide = setOf('{ value: "(close-sma(20))/atr(14)", lag: 1 }').spec
  assert.ok(spec && wide)
  assert.deepEqual(spec.ranges, [
    { min: -1, max: 1 },
    { min: -1, max: 1 },
  ])
  const [narrow, plain] = [makeWorld(spec), makeWorld(wide)]
  assert.notEqual(narrow.set.digest, plain.set.digest)
  const bars = walk(800)
  narrow.ingest(bars)
  plain.ingest(bars)
  let refused = 0
  for (let closed = 600; closed <= bars.length; closed++) {
    const [a, b] = [narrow, plain].map(({ service, set }) => service.vector(set, key.symbol, start + closed * minute))
    for (const [column, value] of b?.values.entries() ?? []) {
      const fits = Math.abs(value) <= 1
      assert.deepEqual([a?.statuses[column], a?.values[column]], fits ? ['ok', value] : ['quarantined', NaN])
      refused += fits ? 0 : 1
    }
  }
  assert.ok(refused > 10)
})

for (const [what, column, message, at = 15] of [
  ['that is the wrong way round', '{ value: rsi(14), range: [70, 30] }', 'range is written [least, most]'],
  ['in which no value lies', '{ value: rsi(14), range: [200, 300] }', 'it is 0 to 100, never 200 to 300: choose another range'],
  [
    'that follows from the parts and lies elsewhere',
    '{ value: "mean(rsi(14),5)+1", range: [null, 0] }',
    'it is 1 to 101, never 0 or less: choose another range',
    16,
  ],
] as const)
  test(`a range ${what} is refused with its line`, () => {
    assert.deepEqual(setOf(column).problems, [{ where: `x.yaml:3:${at}`, message }])
  })

test('the range of an expression follows from its parts', () => {
  for (const [id, min, max] of [
    ['mean(rsi(14),5)@1m', 0, 100],
    ['sum(rsi(14),5)@1m', 0, 500],
    ['std(rsi(14),5)@1m', 0, 50],
    ['zscore(close,17)@1m', -4, 4],
    ['ema(rsi(14),9)@1m', 0, 100],
    ['close/volume@1m', -Infinity, Infinity],
  ] as const)
    assert.deepEqual({ id, range: defineFeature(id, '1m').range }, { id, range: { min, max } })
})
