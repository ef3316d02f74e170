import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { noMeter } from '../contracts/meter.ts'
import type { ServedModel } from '../contracts/served-model.ts'
import { DecisionRing } from '../events/decision-ring.ts'
import { FeatureService } from '../features/feature-service.ts'
import { walkBars } from '../market/bar-walk.ts'
import { SeriesStore } from '../market/series-store.ts'
import { checkFeatureContract } from '../models/feature-contract.ts'
import { prepareHere } from '../models/prepare-bundle.ts'
import { loadBundle } from '../models/load-bundle.ts'
import { readManifest } from '../models/read-manifest.ts'
import { TreesRuntime } from '../runtimes/trees/trees-runtime.ts'
import { makeIds } from '../system.ts'
import { atOnce, makeCall, makeService, MemoryModels, refusal } from './testing/in-memory.ts'

const dir = fileURLToPath(new URL('../../examples/models/momentum/1.2.3', import.meta.url))
const start = Date.UTC(2024, 0, 14)
const bars = 2_000
const lastClose = start + bars * 60_000
const clock = { now: () => lastClose + 1_000, monotonic: () => performance.now() }
const moment = '2024-01-15T09:20:00Z'

const store = new SeriesStore({ clock, meter: noMeter })
const features = new FeatureService({ series: store, clock, meter: noMeter })
const decisions = new DecisionRing({ decisions: 100, bytes: 1_000_000 })
let model: ServedModel

const ids = makeIds(clock)
const makeReal = () => makeService({ models: new MemoryModels([model]), features, decisions, clock, ids }).service

before(async () => {
  const deps = { runtimes: [new TreesRuntime(clock)], clock, preparation: prepareHere, allowUnverified: false }
  const { prepared, runtime } = await loadBundle(readManifest(dir), deps, { signal: AbortSignal.timeout(60_000), onPhase: () => {} })
  const { manifest, digest } = prepared
  model = {
    ref: { name: manifest.name, version: manifest.version, digest },
    manifest,
    features: await checkFeatureContract({ dir: '', manifest }, features),
    runtime,
  }
  store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, walkBars({ seed: 7, count: bars, from: start, barMs: 60_000 }), { clock: 'replay' })
})

test('the real model answers from real features at once, and the decision recomputes to the same output', () => {
  const answer = atOnce(makeReal().predict({ symbol: 'BTC/USDT', timestamp: moment, include: ['features'] }, makeCall()))
  assert.deepEqual([answer.degraded, answer.as_of, answer.features?.every(({ status }) => status === 'ok')], [false, moment, true])
  const decision = decisions.get(answer.id) ?? assert.fail('no decision')
  assert.deepEqual(decision.vector, features.vector(model.features, 'BTC/USDT', lastClose).values)
  const output = new Float64Array(decision.output.length)
  model.runtime.predictSync?.(decision.vector, output)
  assert.deepEqual(output, decision.output)
})

test('the three features of the specification are enough where no bar is stored', () => {
  const answer = atOnce(
    makeReal().predict(
      { symbol: 'ETH/USDT', timestamp: moment, features: { price: 45_000, volume: 1_000_000, rsi: 65.5 }, model_version: 'latest' },
      makeCall(),
    ),
  )
  assert.deepEqual([answer.degraded, answer.reason, answer.model_info.version], [true, 'optional_inputs_missing', 'v1.2.3'])
  assert.ok(answer.prediction.confidence > 0 && answer.prediction.confidence < 1)
})

test('without bars and without values the answer is an error that says what to send', () => {
  assert.throws(
    () => makeReal().predict({ symbol: 'ETH/USDT', timestamp: moment }, makeCall()),
    refusal('features_unavailable', /close@1m \(missing\).*POST \/market\/bars/),
  )
  const batch = atOnce(
    makeReal().predictBatch(
      {
        requests: [
          { symbol: 'BTC/USDT', timestamp: moment },
          { symbol: 'ETH/USDT', timestamp: moment },
        ],
      },
      makeCall(),
    ),
  )
  assert.deepEqual(
    batch.predictions.map((item) => ('error' in item ? item.error.code : 'answered')),
    ['answered', 'features_unavailable'],
  )
})

test('bars that ended long before the moment are stale, not silently used', () => {
  const later = { ...clock, now: () => lastClose + 7_200_000 }
  const { service } = makeService({ models: new MemoryModels([model]), features, clock: later })
  assert.throws(
    () => service.predict({ symbol: 'BTC/USDT', timestamp: '2024-01-15T10:30:00Z' }, makeCall()),
    refusal('features_stale', /70 min old.*allows 120 s/),
  )
})

test('replaying the same request gives the same vector and the same prediction', () => {
  const ask = () => atOnce(makeReal().predict({ symbol: 'BTC/USDT', timestamp: '2024-01-15T03:00:00Z' }, makeCall()))
  const [first, second] = [ask(), ask()]
  assert.deepEqual(first.prediction, second.prediction)
  assert.deepEqual(decisions.get(first.id)?.vector, decisions.get(second.id)?.vector)
})
