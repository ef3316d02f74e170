import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServingError } from '../contracts/error.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import { type Meter, noMeter } from '../contracts/meter.ts'
import {
  atOnce,
  lastClose,
  makeCall,
  makeDistantRuntime,
  makeEmptyReading,
  makeModel,
  makeReading,
  makeRuntime,
  makeService,
  MemoryModels,
  refusal,
  wallNow,
} from './testing/in-memory.ts'

const request = { symbol: 'BTC/USDT', features: { price: 150 } } as const

test('a loaded model that computes on the event loop answers without a promise', () => {
  const { service } = makeService()
  const answer = service.predict(request, makeCall())
  assert.ok(!(answer instanceof Promise))
  assert.deepEqual(answer, {
    id: 'id-1',
    symbol: 'BTC/USDT',
    prediction: { signal: 'BUY', confidence: 0.65, probability: 0.75 },
    model_info: { name: 'momentum', version: 'v1.2.3', training_date: '2024-01-10T00:00:00Z', accuracy: 0.72 },
    timestamp: '2024-01-15T10:30:01Z',
    as_of: '2024-01-15T10:30:00Z',
    clock: 'replay',
    degraded: false,
    served_by: 'primary',
  })
})

for (const [says, models] of [
  ['that is not loaded yet', () => new MemoryModels([makeModel()], { slow: true })],
  ['in another process', () => new MemoryModels([makeModel({ runtime: makeDistantRuntime() })])],
] as const) {
  test(`a model ${says} answers the same through a promise, and its lease is given back`, async () => {
    const held = models()
    const later = makeService({ models: held }).service.predict(request, makeCall())
    assert.ok(later instanceof Promise)
    assert.deepEqual(await later, makeService().service.predict(request, makeCall()))
    assert.deepEqual(held.held, { acquired: 1, released: 1 })
  })
}

test('every answer is a decision with the exact vector, output and whom it was for', () => {
  const { service, decisions } = makeService()
  atOnce(service.predict({ ...request, timestamp: '2024-01-15T10:30:00Z', model_version: 'stable' }, makeCall()))
  const { timings, guards, ...decision } = decisions[0] ?? assert.fail('no decision')
  assert.deepEqual(decision, {
    id: 'id-1',
    requestId: 'request-1',
    keyId: 'key-1',
    at: wallNow,
    request: { ...request, timestamp: '2024-01-15T10:30:00Z', model_version: 'stable' },
    model: { name: 'momentum', version: '1.2.3', digest: 'bundle-digest' },
    label: 'stable',
    asOf: lastClose,
    clock: 'replay',
    barCloseTime: lastClose,
    origin: 0,
    featureSetDigest: 'set-digest',
    featureIds: ['close@1m', 'volume@1m', 'rsi(14)@1m', 'roc(5)@1m'],
    vector: Float64Array.of(150, 10, 50, 0.5),
    statuses: ['ok', 'ok', 'ok', 'ok'],
    supplied: [0],
    output: Float64Array.of(0.75),
    prediction: { signal: 'BUY', confidence: 0.65, probability: 0.75 },
    degraded: false,
    reason: undefined,
    servedBy: 'primary',
    variant: undefined,
    experiment: undefined,
  })
  assert.deepEqual(Object.keys(timings), ['resolve', 'features', 'inference'])
  assert.deepEqual(
    guards.map(({ guard, verdict, value, limit }) => [guard, verdict, value, limit]),
    [
      ['input_age', 'pass', 0, 120],
      ['optional_inputs', 'pass', 0, 0],
    ],
  )
})

test('the exact request of the specification, without any stored bar, gets a degraded signal from the partial table', () => {
  const features = { vector: () => makeEmptyReading('missing', { asOf: lastClose }) }
  const answer = makeService({ features }).service.predict(
    { symbol: 'BTC/USDT', timestamp: '2024-01-15T10:30:00Z', features: { price: 150, volume: 1_000_000, rsi: 65.5 }, model_version: 'latest' },
    makeCall(),
  )
  assert.ok(!(answer instanceof Promise))
  assert.deepEqual(
    [answer.degraded, answer.reason, answer.prediction],
    [true, 'optional_inputs_missing', { signal: 'BUY', confidence: 0.4, probability: 0.75 }],
  )
})

test('include brings the inputs with their sources, the guards and the timing', () => {
  const features = {
    vector: () =>
      makeReading({ asOf: lastClose + 30_000, statuses: ['ok', 'ok', 'ok', 'warming'], values: Float64Array.of(100, 10, 50, NaN), complete: false }),
  }
  const answer = makeService({ features }).service.predict({ ...request, include: ['features', 'timing', 'guards'] }, makeCall())
  assert.ok(!(answer instanceof Promise))
  const stored = { status: 'ok', source: 'store', event_time: '2024-01-15T10:30:00Z', age_s: 30 }
  assert.deepEqual(answer.features, [
    { id: 'close@1m', value: 150, status: 'ok', source: 'caller', event_time: null, age_s: null },
    { id: 'volume@1m', value: 10, ...stored },
    { id: 'rsi(14)@1m', value: 50, ...stored },
    { id: 'roc(5)@1m', value: null, status: 'warming', source: 'store', event_time: null, age_s: null },
  ])
  assert.deepEqual(
    answer.guards?.map(({ guard, verdict, value }) => [guard, verdict, value]),
    [
      ['input_age', 'pass', 30],
      ['optional_inputs', 'warn', 1],
    ],
  )
  assert.deepEqual(answer.timing, { resolve: 0, features: 0, inference: 0 })
})

const late = makeCall({ at: -1 })
const nan = new MemoryModels([makeModel({ runtime: makeRuntime({}, () => NaN) })])
const refused = [
  {
    says: 'a moment in the future',
    ask: () => makeService().service.predict({ symbol: 'BTC/USDT', timestamp: '2024-01-15T10:31:00Z' }, makeCall()),
    code: 'timestamp_in_future',
  },
  { says: 'a symbol without a model', ask: () => makeService().service.predict({ symbol: 'DOGE/USDT' }, makeCall()), code: 'no_model_for_symbol' },
  { says: 'a call whose time is up', ask: () => makeService().service.predict(request, late), code: 'deadline_exceeded' },
  { says: 'an output that is not finite', ask: () => makeService({ models: nan }).service.predict(request, makeCall()), code: 'model_output_invalid' },
  {
    says: 'a model that takes other inputs than its manifest says',
    ask: () => makeService({ models: new MemoryModels([makeModel({ runtime: makeRuntime({ inputs: 5 }) })]) }).service.predict(request, makeCall()),
    code: 'model_unavailable',
  },
]
for (const { says, ask, code } of refused) {
  test(`predict refuses ${says}`, () => assert.throws(ask, refusal(code)))
}

test('a version never answers a symbol outside of its own symbols, whatever other versions admit', () => {
  class Optimists extends MemoryModels {
    override admits(): boolean {
      return true
    }
  }
  const { service } = makeService({ models: new Optimists([makeModel()]) })
  assert.throws(() => service.predict({ symbol: 'DOGE/USDT' }, makeCall()), refusal('no_model_for_symbol'))
})

test('a refusal gives the lease back, and records no decision', () => {
  const { service, decisions } = makeService({ models: nan })
  assert.throws(() => service.predict(request, makeCall()))
  assert.deepEqual([nan.held.acquired - nan.held.released, decisions.length], [0, 0])
})

test('a deadline that passes while another process computes is told, and the lease given back', async () => {
  const times = [0, 0, 0, 0, 100]
  const models = new MemoryModels([makeModel({ runtime: makeDistantRuntime() })])
  const { service } = makeService({ models, clock: { now: () => wallNow, monotonic: () => times.shift() ?? 100 } })
  await assert.rejects(Promise.resolve(service.predict(request, makeCall({ at: 50 }))), refusal('deadline_exceeded', /50 ms ago/))
  assert.deepEqual(models.held, { acquired: 1, released: 1 })
})

test('a call that is given up while another process computes is told, and the lease given back', async () => {
  const models = new MemoryModels([makeModel({ runtime: makeDistantRuntime() })])
  const answer = makeService({ models }).service.predict(request, makeCall({ signal: AbortSignal.abort() }))
  await assert.rejects(Promise.resolve(answer), refusal('deadline_exceeded', /given up/))
  assert.deepEqual(models.held, { acquired: 1, released: 1 })
})

test('an answer that awaits nothing never looks at the signal, which costs a timer to make', () => {
  const call = makeCall()
  const deadline = {
    at: call.deadline.at,
    get signal(): never {
      throw new Error('looked at')
    },
  }
  assert.equal((makeService().service.predict(request, { ...call, deadline }) as { symbol: string }).symbol, request.symbol)
})

test('answers are counted by model, signal and outcome; refusals by code, under no name that a client made up', () => {
  const counted: string[] = []
  const counter: Meter['counter'] = (name, labels) => ({ add: () => void counted.push(`${name} ${Object.values(labels ?? {}).join(' ')}`) })
  const { service } = makeService({
    meter: {
      counter,
      histogram: (name, labels) => ({ observe: () => void counted.push(`${name} ${labels?.['model'] ?? ''}`) }),
      gauge: () => ({ set() {} }),
    },
  })
  atOnce(service.predict(request, makeCall()))
  atOnce(service.predict({ symbol: 'BTC/USDT', features: { rsi: null } }, makeCall()))
  assert.throws(() => service.predict({ symbol: 'BTC/USDT', model: 'made-up' }, makeCall()))
  assert.throws(() => service.predict({ symbol: 'BTC/USDT', features: { price: null } }, makeCall()))
  assert.deepEqual(counted, [
    'predictions_total momentum BUY full',
    'prediction_seconds momentum',
    'predictions_total momentum HOLD degraded',
    'prediction_seconds momentum',
    'prediction_errors_total none model_not_found',
    'prediction_errors_total momentum missing_feature',
  ])
})

test('a prediction whose caller left is no refusal; one whose time was up is', async () => {
  const counted: string[] = []
  const counter: Meter['counter'] = (name, labels) => ({ add: () => void counted.push(`${name} ${Object.values(labels ?? {}).join(' ')}`) })
  const givenUp = new ServingError('deadline_exceeded', 'given up')
  for (const reason of [new Error('the client left'), givenUp]) {
    const leaving = new AbortController()
    const runtime: LoadedModel = { ...makeDistantRuntime(), predict: () => (leaving.abort(reason), Promise.reject(givenUp)) }
    const { service } = makeService({ models: new MemoryModels([makeModel({ runtime })]), meter: { ...noMeter, counter } })
    const call = makeCall({ signal: leaving.signal })
    await assert.rejects(Promise.resolve(service.predict(request, call)))
    await assert.rejects(Promise.resolve(service.predictBatch({ requests: [request] }, call)))
  }
  assert.deepEqual(counted, Array(2).fill('prediction_errors_total momentum deadline_exceeded'))
})
