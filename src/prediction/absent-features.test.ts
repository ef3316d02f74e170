import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { FeatureService } from '../features/feature-service.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { atOnce, lastClose, makeCall, makeManifest, makeModel, makeRuntime, makeService, MemoryModels, refusal } from './testing/in-memory.ts'

const minute = 60_000
const count = 30
const bars = walkBars({ seed: 1, count, from: lastClose - count * minute, barMs: minute })
const ids = ['close@1m', 'sma(5)@1m', 'corr(ETH/USDT,5)@1m', 'bb_pctb(5,2)@1m']

/** A model over a real store: which bars came in decides what its inputs are. */
function ask(
  rows: readonly BarInput[],
  { optional = [], late = 0, partner = bars }: { readonly optional?: string[]; readonly late?: number; readonly partner?: readonly BarInput[] } = {},
) {
  const clock = { now: () => lastClose + late, monotonic: () => 0 }
  const store = new SeriesStore({ clock, meter: noMeter })
  const features = new FeatureService({ series: store, clock, meter: noMeter })
  const manifest = makeManifest({ inputs: { timeframe: '1m', features: ids, optional } })
  const set = features.declare({ timeframe: '1m', features: ids, window: 1, symbols: ['*'] })
  store.ingest({ symbol: 'ETH/USDT', timeframe: '1m' }, partner)
  store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, rows)
  const models = new MemoryModels([makeModel({ manifest, set, runtime: makeRuntime({}, () => 0.75) })])
  const { service } = makeService({ models, features, clock })
  return atOnce(service.predict({ symbol: 'BTC/USDT', include: ['features'] }, makeCall()))
}
const still = (bar: BarInput): BarInput => ({ ...bar, open: 100, high: 100, low: 100, close: 100 })
const broken = (bar: BarInput): BarInput => ({ ...bar, high: bar.low / 2 })
const partner = walkBars({ seed: 2, count, from: lastClose - count * minute, barMs: minute })

const cases = [
  { what: 'no bar at all', world: () => ask([]), code: 'features_unavailable', message: /close@1m \(missing\)/ },
  { what: 'a warm-up that is not over', world: () => ask(bars.slice(-3)), code: 'features_unavailable', message: /sma\(5\)@1m \(warming 3\/5 bars\)/ },
  { what: 'bars that are overdue', world: () => ask(bars, { late: 180_000 }), code: 'features_stale', message: /newest bar of BTC\/USDT is 3 min old/ },
  {
    what: 'a partner without bars',
    world: () => ask(bars, { partner: [] }),
    code: 'features_unavailable',
    message: /corr\(ETH\/USDT,5\)@1m \(partner-missing\)/,
  },
  {
    what: 'a refused bar',
    world: () => ask(bars.map((bar, i) => (i >= count - 3 ? broken(bar) : bar))),
    code: 'features_unavailable',
    message: /close@1m \(quarantined: high is below low\)/,
  },
  { what: 'a series that stood still', world: () => ask(bars.map(still), { partner }), code: 'features_unavailable', message: /bb_pctb\(5,2\)@1m \(flat\)/ },
] as const
for (const { what, world, code, message } of cases)
  test(`${what} is said in the answer, and nothing is put in the place of a value`, () => assert.throws(world, refusal(code, message)))

test('optional features that are absent degrade the answer, each with its reason', () => {
  const answer = ask(bars.slice(-3), { optional: ids.slice(1), partner: [] })
  assert.deepEqual([answer.degraded, answer.reason], [true, 'optional_inputs_missing'])
  assert.deepEqual(
    answer.features?.map(({ id, value, status }) => [id, value === null, status]),
    [
      ['close@1m', false, 'ok'],
      ['sma(5)@1m', true, 'warming'],
      ['corr(ETH/USDT,5)@1m', true, 'partner-missing'],
      ['bb_pctb(5,2)@1m', true, 'warming'],
    ],
  )
})
