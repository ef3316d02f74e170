import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Decision } from '../contracts/decision.ts'
import { ServingError } from '../contracts/error.ts'
import { type FallbackReason, fallbackReasons } from '../contracts/fallback.ts'
import type { FeatureStatus } from '../contracts/features.ts'
import type { FallbackStep } from '../contracts/manifest.ts'
import type { Meter } from '../contracts/meter.ts'
import type { PredictRequest } from '../contracts/predict.ts'
import {
  lastClose,
  makeCall,
  makeDistantRuntime,
  makeEmptyReading,
  makeModel,
  makeReading,
  makeRuntime,
  makeService,
  makeSet,
  MemoryModels,
  refusal,
} from './testing/in-memory.ts'

const hold: FallbackStep = { signal: 'HOLD', confidence: 0.5 }
const unavailable = new ServingError('model_unavailable', 'momentum 1.2.3 cannot be served: no such file.')
const baselineSet = { ...makeSet(), digest: 'baseline-set' }
const baseline = {
  ...makeModel({ manifest: { name: 'baseline', version: '1.0.0' }, set: baselineSet }),
  ref: { name: 'baseline', version: '1.0.0', digest: 'baseline-digest' },
}

/** A service whose model momentum has these fallbacks, and what it recorded and counted. */
function makeWorld(fallback: FallbackStep[], overrides: Parameters<typeof makeService>[0] = {}, failing: Readonly<Record<string, ServingError>> = {}) {
  const counted: Record<string, number> = {}
  const meter: Meter = {
    counter: (name, labels = {}) => ({
      add: () => void (counted[`${name} ${Object.values(labels).join(' ')}`] = (counted[`${name} ${Object.values(labels).join(' ')}`] ?? 0) + 1),
    }),
    histogram: () => ({ observe() {} }),
    gauge: () => ({ set() {} }),
  }
  const models = new MemoryModels([makeModel({ manifest: { fallback } }), baseline], { failing })
  const made = makeService({ models, meter, ...overrides })
  return {
    ...made,
    models,
    counted,
    ask: async (request: Partial<PredictRequest> = {}) => made.service.predict({ symbol: 'BTC/USDT', ...request }, makeCall()),
  }
}

/** The first model's vector has this status everywhere, baseline's is whole. */
const onlyBaselineReads = (status: 'missing' | 'stale' | 'warming') => ({
  features: { vector: (set: object) => (set === baselineSet ? makeReading() : makeEmptyReading(status)) },
})

test('another model answers for stale features, and the answer and its decision say which and why', async () => {
  const { ask, decisions, models, counted } = makeWorld([{ model: 'baseline' }], onlyBaselineReads('stale'))
  const { fallback, ...answer } = await ask()
  assert.deepEqual(
    [answer.degraded, answer.served_by, answer.reason, answer.model_info.name, answer.prediction.signal],
    [true, 'fallback', 'features_stale', 'baseline', 'HOLD'],
  )
  assert.deepEqual([fallback?.step, fallback?.by, fallback?.model, fallback?.reasons], [1, 'model', { name: 'baseline', version: '1.0.0' }, ['stale']])
  assert.deepEqual([fallback?.failed.length, fallback?.failed[0]?.model, fallback?.failed[0]?.code], [1, 'momentum v1.2.3', 'features_stale'])
  const [decision] = decisions as [Decision]
  assert.deepEqual([decision.model.name, decision.servedBy, decision.fallback, decision.label], ['baseline', 'fallback', fallback, 'latest'])
  assert.deepEqual(models.held, { acquired: 2, released: 2 })
  assert.deepEqual([counted['prediction_fallbacks_total momentum stale model'], counted['predictions_total baseline HOLD degraded']], [1, 1])
  assert.equal(counted['prediction_errors_total momentum features_stale'], undefined)
})

test('a declared signal answers for a model that cannot be had, in its name', async () => {
  const { ask, decisions } = makeWorld([{ model: 'baseline' }, hold], {}, { momentum: unavailable, baseline: unavailable })
  const { fallback, prediction, model_info, as_of, clock, reason } = await ask({ include: ['features', 'guards'] })
  assert.deepEqual(
    [prediction, model_info.name, reason, as_of, clock],
    [{ signal: 'HOLD', confidence: 0.5 }, 'momentum', 'model_unavailable', '2024-01-15T10:30:00Z', 'replay'],
  )
  assert.deepEqual(
    [fallback?.step, fallback?.by, fallback?.reasons, fallback?.failed.map(({ model }) => model)],
    [2, 'signal', ['unavailable'], ['momentum v1.2.3', 'baseline latest']],
  )
  assert.deepEqual([decisions[0]?.vector.length, decisions[0]?.model.digest, decisions[0]?.prediction], [0, 'bundle-digest', prediction])
})

test('declared values stand for required features without one, and for nothing else', async () => {
  const statuses: FeatureStatus[] = ['ok', 'warming', 'missing', 'ok']
  const features = { vector: () => makeReading({ values: Float64Array.of(140, NaN, NaN, 0.5), statuses, complete: false }) }
  const { ask, decisions } = makeWorld([{ values: { 'volume@1m': 7 } }], { features })
  const answer = await ask({ include: ['features', 'guards'] })
  const { by, values, reasons } = answer.fallback ?? assert.fail('no fallback')
  assert.deepEqual([by, values, reasons], ['values', ['volume@1m'], ['warming']])
  const { features: seen = [], guards = [] } = answer
  assert.deepEqual(seen[1], { id: 'volume@1m', value: 7, status: 'warming', source: 'fallback', event_time: null, age_s: null })
  assert.deepEqual([seen[2]?.value, guards.find(({ guard }) => guard === 'declared_values')?.value], [null, 1])
  assert.deepEqual(decisions[0]?.vector, Float64Array.of(140, 7, NaN, 0.5))
  assert.equal(answer.prediction.confidence, 0.38) // of the table for partial inputs
})

test('values that do not cover what is absent leave the answer to the next step', async () => {
  const { ask } = makeWorld([{ values: { 'volume@1m': 7 } }, hold], { features: { vector: () => makeEmptyReading('warming') } })
  const { fallback } = await ask()
  assert.deepEqual([fallback?.step, fallback?.failed.map(({ code }) => code)], [2, ['features_unavailable', 'features_unavailable']])
})

test('a step with reasons is taken only when every reason is among them', async () => {
  const both: FeatureStatus[] = ['stale', 'warming', 'ok', 'ok']
  const features = { vector: () => makeReading({ values: Float64Array.of(NaN, NaN, 50, 0.5), statuses: both, complete: false }) }
  const one = makeWorld([{ ...hold, on: ['stale'] }], { features })
  await assert.rejects(one.ask(), refusal('features_unavailable'))
  const { fallback } = await makeWorld(
    [
      { ...hold, on: ['stale'] },
      { ...hold, confidence: 0.4, on: ['warming', 'stale'] },
    ],
    { features },
  ).ask()
  assert.deepEqual([fallback?.step, fallback?.reasons], [2, ['stale', 'warming']])
  assert.equal(one.counted['prediction_errors_total momentum features_unavailable'], 1)
})

const codes: readonly (readonly [ServingError['code'], FallbackReason])[] = [
  ['worker_crashed', 'unavailable'],
  ['circuit_open', 'unavailable'],
  ['overloaded', 'unavailable'],
  ['model_loading', 'unavailable'],
  ['model_memory_exceeded', 'unavailable'],
  ['deadline_exceeded', 'timeout'],
  ['model_output_invalid', 'invalid_output'],
]
for (const [code, reason] of codes)
  test(`a model that fails with ${code} is ${reason}`, async () => {
    const runtime = { ...makeDistantRuntime(), predict: () => Promise.reject(new ServingError(code, 'failed')) }
    const models = new MemoryModels([makeModel({ manifest: { fallback: [{ ...hold, on: [reason] }] }, runtime })])
    const { fallback, reason: told } = await makeService({ models }).service.predict({ symbol: 'BTC/USDT' }, makeCall())
    assert.deepEqual([fallback?.reasons, told], [[reason], code])
  })

test('faults of the request, and a server that shuts down, are no reason', async () => {
  const { ask } = makeWorld([hold])
  for (const [features, code] of [
    [{ price: null }, 'missing_feature'],
    [{ rsii: 1 }, 'unknown_feature'],
    [{ rsi: 101 }, 'validation_failed'],
  ] as const)
    await assert.rejects(ask({ features }), refusal(code))
  await assert.rejects(ask({ symbol: 'DOGE/USDT' }), refusal('no_model_for_symbol'))
  const draining = new ServingError('draining', 'The server is shutting down')
  await assert.rejects(makeWorld([hold], {}, { momentum: draining }).ask(), refusal('draining'))
})

test('an attempt leaves a quarter of the time to what stands behind it, and no fallback begins when none is left', async () => {
  let now = 0
  const given: number[] = []
  const runtime = (takes: number) => ({
    ...makeDistantRuntime(),
    predict: (_rows: Float64Array, _count: number, { at }: { readonly at: number }) => {
      given.push(at)
      now += takes
      return Promise.reject(new ServingError('deadline_exceeded', 'late'))
    },
  })
  const other = { ...baseline, runtime: runtime(19) }
  const ask = async (first: number) => {
    now = 0
    given.length = 0
    const models = new MemoryModels([makeModel({ manifest: { fallback: [{ model: 'baseline' }, hold] }, runtime: runtime(first) }), other])
    return makeService({ models, clock: { now: () => lastClose, monotonic: () => now } }).service.predict({ symbol: 'BTC/USDT' }, makeCall({ at: 100 }))
  }
  const { fallback } = await ask(75)
  assert.deepEqual([given, fallback?.step], [[75, 93.75], 2])
  await assert.rejects(async () => ask(101), refusal('deadline_exceeded'))
})

test('a fallback takes the values that it knows, ignores the others, and says so', async () => {
  const set = {
    ...makeSet(),
    columnOf: new Map([...makeSet().columnOf].filter(([, column]) => column !== 1)),
  }
  const other = { ...baseline, features: set }
  const models = new MemoryModels([makeModel({ manifest: { fallback: [{ model: 'baseline' }] }, runtime: makeRuntime({}, () => NaN) }), other])
  const { service, decisions } = makeService({ models })
  const request = { symbol: 'BTC/USDT', features: { price: 150, volume: 3 }, include: ['features'] } as const
  const answer = await service.predict({ ...request, include: [...request.include] }, makeCall())
  assert.deepEqual([answer.fallback?.ignored, answer.features?.[0]?.source, answer.prediction.probability], [['/features/volume'], 'caller', 0.75])
  assert.deepEqual(decisions[0]?.request.features, request.features)
})

test('an explanation is of the model that answers, and left out by name where it cannot be explained', async () => {
  const explaining = makeRuntime({ explain: () => Promise.resolve(Float64Array.of(1, 2, 3, 4, 5)) }, () => NaN)
  const first = makeModel({ manifest: { fallback: [{ model: 'baseline' }] }, runtime: explaining })
  const ask = async (other = baseline) =>
    makeService({ models: new MemoryModels([first, other]) }).service.predict({ symbol: 'BTC/USDT', include: ['features', 'explanation'] }, makeCall())
  const plain = await ask()
  assert.deepEqual([plain.explanation, plain.fallback?.ignored], [undefined, ['/include/1']])
  const explained = await ask({ ...baseline, runtime: makeRuntime({ explain: () => Promise.resolve(Float64Array.of(0, 0, 9, 0, 5)) }) })
  assert.deepEqual([explained.explanation?.contributions[0]?.value, explained.fallback?.ignored], [9, undefined])
})

test('when no step answers the first error comes back, with what became of each', async () => {
  const { ask, counted } = makeWorld([{ model: 'baseline' }, { model: 'nope' }], { features: { vector: () => makeEmptyReading('missing') } })
  await assert.rejects(
    ask(),
    refusal(
      'features_unavailable',
      /momentum needs .* no fallback answered either: baseline latest \(features_unavailable\).*; nope latest \(model_not_found\)/,
    ),
  )
  assert.deepEqual([counted['prediction_fallbacks_total momentum missing none'], counted['prediction_errors_total momentum features_unavailable']], [1, 1])
})

test('the version that failed is no fallback for itself, by whatever label', async () => {
  const { ask } = makeWorld([{ model: 'momentum', version: 'stable' }, hold], { features: { vector: () => makeEmptyReading('missing') } })
  assert.match((await ask()).fallback?.failed[1]?.detail ?? '', /is the version that did not answer/)
})

test('items of a batch fall back one by one, the others are the model’s own', async () => {
  const features = { vector: (set: object, symbol: string) => (symbol === 'ETH/BTC' && set !== baselineSet ? makeEmptyReading('missing') : makeReading()) }
  const requests = [{ symbol: 'BTC/USDT' }, { symbol: 'ETH/BTC' }, { symbol: 'BTC/USDT', features: { rsii: 1 } }]
  const { service, decisions, models } = makeWorld([{ model: 'baseline' }], { features })
  const { predictions, model_info } = await service.predictBatch({ requests }, makeCall())
  assert.deepEqual(
    predictions.map((item) => ('error' in item ? item.error.code : [item.served_by, item.fallback?.model.name])),
    [['primary', undefined], ['fallback', 'baseline'], 'unknown_feature'],
  )
  assert.deepEqual(
    [model_info.name, decisions.map(({ model }) => model.name), models.held],
    ['momentum', ['momentum', 'baseline'], { acquired: 2, released: 2 }],
  )
})

test('a batch of a model that cannot be had, or fails in its process, falls back as a whole', async () => {
  const requests = [{ symbol: 'BTC/USDT' }, { symbol: 'DOGE/USDT' }, { symbol: 'BTC/USDT', timestamp: '2024-02-30T00:00:00Z' }]
  const kinds = ['fallback', 'no_model_for_symbol', 'invalid_timestamp']
  const crashing = { ...makeDistantRuntime(), predict: () => Promise.reject(new ServingError('worker_crashed', 'gone')) }
  const crashed = new MemoryModels([makeModel({ manifest: { fallback: [hold] }, runtime: crashing })])
  for (const service of [makeWorld([hold], {}, { momentum: unavailable }).service, makeService({ models: crashed }).service]) {
    const { predictions, model_info } = await service.predictBatch({ requests }, makeCall())
    assert.deepEqual([predictions.map((item) => ('error' in item ? item.error.code : item.served_by)), model_info.name], [kinds, 'momentum'])
  }
  const without = makeService({ models: new MemoryModels([makeModel({ runtime: crashing })]) }).service
  await assert.rejects(async () => without.predictBatch({ requests }, makeCall()), refusal('worker_crashed'))
})

test('whatever the chain and the state of its models, the answer is from the first step that can, or the first error', async () => {
  const step = fc.record({
    kind: fc.constantFrom('model', 'signal'),
    works: fc.boolean(),
    on: fc.option(fc.subarray([...fallbackReasons], { minLength: 1 }), { nil: undefined }),
  })
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), fc.constantFrom('missing', 'stale', 'warming'), async (chain, status) => {
    const others = chain.map((_, i) => ({
      ...makeModel({ manifest: { name: `m${i}` }, set: { ...makeSet(), digest: `${i}` } }),
      ref: { name: `m${i}`, version: '1.0.0', digest: `${i}` },
    }))
    const fallback = chain.map(({ kind, on }, i): FallbackStep => ({ ...(kind === 'model' ? { model: `m${i}` } : hold), ...(on && { on }) }))
    const expected = chain.findIndex(({ kind, works, on }) => (kind === 'signal' || works) && (on === undefined || on.includes(status)))
    const features = { vector: (set: { digest: string }) => (chain[Number(set.digest)]?.works === true ? makeReading() : makeEmptyReading(status)) }
    const models = new MemoryModels([makeModel({ manifest: { fallback } }), ...others])
    const answer = async () => makeService({ models, features }).service.predict({ symbol: 'BTC/USDT' }, makeCall())
    if (expected < 0) await assert.rejects(answer, refusal(status === 'stale' ? 'features_stale' : 'features_unavailable'))
    else assert.equal((await answer()).fallback?.step, expected + 1)
    assert.equal(models.held.acquired, models.held.released)
  })
  await fc.assert(property)
})
