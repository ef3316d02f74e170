import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { PredictBatchRequest, PredictBatchResponse } from '../contracts/predict.ts'
import {
  atOnce,
  lastClose,
  makeCall,
  makeDistantRuntime,
  makeEmptyReading,
  makeModel,
  makeReading,
  makeRefusingRuntime,
  makeRuntime,
  makeService,
  MemoryModels,
  refusal,
  wallNow,
} from './testing/in-memory.ts'

const items = (count: number): PredictBatchRequest['requests'] => Array.from({ length: count }, (_, i) => ({ symbol: 'BTC/USDT', features: { price: 1 + i } }))

test('a batch of loaded inline models answers without a promise, in order, with one model_info', () => {
  const { service, decisions } = makeService()
  const answer = atOnce(
    service.predictBatch(
      {
        requests: [
          { symbol: 'BTC/USDT', features: { price: 150 } },
          { symbol: 'ETH/USDT', features: { price: 50 } },
        ],
      },
      makeCall(),
    ),
  )
  assert.deepEqual(
    answer.predictions.map((item) => ('prediction' in item ? [item.symbol, item.id, item.prediction.signal] : item)),
    [
      ['BTC/USDT', 'id-1', 'BUY'],
      ['ETH/USDT', 'id-2', 'SELL'],
    ],
  )
  assert.deepEqual([answer.model_info.version, answer.timestamp, decisions.length], ['v1.2.3', '2024-01-15T10:30:01Z', 2])
  assert.deepEqual(decisions[1]?.request, { symbol: 'ETH/USDT', features: { price: 50 } })
})

test('a bad item is an error in its place and never fails the others', () => {
  const features = { vector: (_set: unknown, symbol: string) => (symbol === 'ETH/BTC' ? makeEmptyReading('missing') : makeReading()) }
  const requests = [
    { symbol: 'BTC/USDT' },
    { symbol: 'ETH/BTC' },
    { symbol: 'URTH/USD' },
    { symbol: 'BTC/USDT', timestamp: '2024-02-30T00:00:00Z' },
    { symbol: 'BTC/USDT', features: { rsii: 1 } },
    { symbol: 'BTC/USDT', features: { price: null } },
    { symbol: 'BTC/USDT', features: { price: 1000 } },
    { symbol: 'ETH/USDT' },
  ]
  const models = new MemoryModels([makeModel(), makeModel({ manifest: { name: 'baseline', symbols: ['URTH/USD'] } })])
  const { predictions } = atOnce(makeService({ features, models }).service.predictBatch({ requests }, makeCall()))
  assert.deepEqual(
    predictions.map((item) => ('error' in item ? item.error.code : item.prediction.signal)),
    ['HOLD', 'features_unavailable', 'no_model_for_symbol', 'invalid_timestamp', 'unknown_feature', 'missing_feature', 'model_output_invalid', 'HOLD'],
  )
  const misfit = predictions[2]
  assert.ok(misfit && 'error' in misfit)
  assert.deepEqual([misfit.symbol, misfit.error.retryable, /ask for "model": "baseline"/.test(misfit.error.message)], ['URTH/USD', false, true])
})

test('an item without the whole number that the model takes is refused alone', async () => {
  const models = new MemoryModels([makeModel({ runtime: { ...makeDistantRuntime(), wholeColumns: [1] } })])
  const requests = [{ symbol: 'BTC/USDT', features: { volume: 0.5 } }, { symbol: 'BTC/USDT' }]
  const { predictions } = await makeService({ models }).service.predictBatch({ requests }, makeCall())
  assert.deepEqual(
    predictions.map((item) => ('error' in item ? item.error.code : item.prediction.signal)),
    ['validation_failed', 'HOLD'],
  )
})

test('the model of the first item that has one answers the batch', () => {
  const models = new MemoryModels([makeModel()])
  const { service } = makeService({ models })
  const { predictions, model_info } = atOnce(service.predictBatch({ requests: [{ symbol: 'DOGE/USDT' }, { symbol: 'BTC/USDT' }] }, makeCall()))
  assert.deepEqual([model_info.name, predictions.map((item) => 'error' in item), models.held], ['momentum', [true, false], { acquired: 1, released: 1 }])
})

test('a batch without any symbol that a model answers is refused as a whole', () => {
  assert.throws(() => makeService().service.predictBatch({ requests: [{ symbol: 'DOGE/USDT' }] }, makeCall()), refusal('no_model_for_symbol'))
  assert.throws(() => makeService().service.predictBatch({ requests: items(1), model: 'nope' }, makeCall()), refusal('model_not_found'))
  assert.throws(() => makeService().service.predictBatch({ requests: items(1) }, makeCall({ at: -1 })), refusal('deadline_exceeded'))
  assert.throws(() => makeService().service.predictBatch({ requests: items(257) }, makeCall()), refusal('batch_too_large'))
})

test('a model in another process gets all rows in one call, or in as few as its limit allows', async () => {
  const counts: number[] = []
  const runtime = makeDistantRuntime()
  const counting = {
    ...runtime,
    predict: (rows: Float64Array, count: number, deadline: Parameters<typeof runtime.predict>[2]) => (
      counts.push(count),
      runtime.predict(rows, count, deadline)
    ),
  }
  const requests = [...items(3), { symbol: 'DOGE/USDT' }, ...items(2)]
  const ask = async (manifest = {}) =>
    (await makeService({ models: new MemoryModels([makeModel({ runtime: counting, manifest })]) }).service.predictBatch({ requests }, makeCall())).predictions
  const whole = await ask()
  assert.deepEqual([counts, whole.map((item) => 'error' in item)], [[5], [false, false, false, true, false, false]])
  const parts = await ask({ limits: { max_batch: 2 } })
  assert.deepEqual(counts, [5, 2, 2, 1])
  assert.deepEqual(parts, whole)
})

test('a large inline batch goes to the model many rows at a time, leaves the event loop its turns, and answers the same', async () => {
  const counts: number[] = []
  const runtime = makeRuntime()
  const counting: LoadedModel = { ...runtime, predict: (rows, count, deadline) => (counts.push(count), runtime.predict(rows, count, deadline)) }
  let othersRan = false
  setImmediate(() => (othersRan = true))
  const models = new MemoryModels([makeModel({ runtime: counting })])
  const later = makeService({ models }).service.predictBatch({ requests: items(199) }, makeCall())
  assert.ok(later instanceof Promise)
  assert.equal(models.held.released, 0)
  const { predictions } = await later
  assert.deepEqual(counts, [64, 64, 64, 7])
  assert.deepEqual([predictions.length, models.held.released, othersRan], [199, 1, true])
  assert.deepEqual(
    predictions.map((item) => ('prediction' in item ? item.prediction.probability : 0)),
    Array.from({ length: 199 }, (_, i) => Math.max((1 + i) / 200, 1 - (1 + i) / 200)),
  )
})

test('a process that dies fails the batch, and the lease is given back', async () => {
  const models = new MemoryModels([makeModel({ runtime: { ...makeDistantRuntime(), predict: () => Promise.reject(new Error('gone')) } })])
  await assert.rejects(Promise.resolve(makeService({ models }).service.predictBatch({ requests: items(2) }, makeCall())), /gone/)
  assert.deepEqual(models.held, { acquired: 1, released: 1 })
})

const outcomes = ({ predictions }: PredictBatchResponse): unknown[] =>
  predictions.map((item) => ('error' in item ? item.error.code : item.prediction.probability))

test('a row that the model refuses costs its own item only, and few further calls', async () => {
  for (const code of ['model_output_invalid', 'missing_feature', 'validation_failed', 'non_finite_feature'] as const) {
    const { runtime, calls } = makeRefusingRuntime(200, code)
    const { service, decisions } = makeService({ models: new MemoryModels([makeModel({ runtime })]) })
    const requests = items(256).map((item, i) => ({ ...item, features: { price: i === 77 ? 200 : 190 } }))
    const answer = await service.predictBatch({ requests }, makeCall())
    assert.deepEqual(
      outcomes(answer),
      requests.map((_, i) => (i === 77 ? code : 0.95)),
    )
    assert.deepEqual([decisions.length, calls.length, calls[0]], [255, 17, 256])
  }
})

test('a model that refuses every row is asked at most twice as often as there are items, and each has its error', async () => {
  const { runtime, calls } = makeRefusingRuntime(0)
  const answer = await makeService({ models: new MemoryModels([makeModel({ runtime })]) }).service.predictBatch({ requests: items(9) }, makeCall())
  assert.deepEqual(outcomes(answer), Array(9).fill('model_output_invalid'))
  assert.equal(calls.length, 17)
})

test('a refused row goes to the fallback alone: the others are not degraded', async () => {
  const { runtime } = makeRefusingRuntime(100)
  const model = makeModel({ runtime, manifest: { fallback: [{ signal: 'HOLD', confidence: 0 }] } })
  const { predictions } = await makeService({ models: new MemoryModels([model]) }).service.predictBatch(
    { requests: [...items(2), { symbol: 'BTC/USDT', features: { price: 150 } }] },
    makeCall(),
  )
  assert.deepEqual(
    predictions.map((item) => ('served_by' in item ? item.served_by : item)),
    ['primary', 'primary', 'fallback'],
  )
})

test('rows that are still to be asked again when time is up have that as their error, and those before them their answers', async () => {
  let now = 0
  const { runtime } = makeRefusingRuntime(200)
  const slow: LoadedModel = { ...runtime, predict: (...call) => ((now += 10), runtime.predict(...call)) }
  const { service } = makeService({ models: new MemoryModels([makeModel({ runtime: slow })]), clock: { now: () => wallNow, monotonic: () => now } })
  const requests = [190, 200, 190, 190].map((price) => ({ symbol: 'BTC/USDT', features: { price } }))
  const answer = await service.predictBatch({ requests }, makeCall({ at: 45 }))
  assert.deepEqual(outcomes(answer), [0.95, 'model_output_invalid', 'deadline_exceeded', 'deadline_exceeded'])
})

test('items on the live clock without a timestamp share one moment', () => {
  let tick = lastClose
  const asked: (number | undefined)[] = []
  const features = {
    vector: (_set: unknown, _symbol: string, asOf: number | undefined) => {
      asked.push(asOf)
      return makeReading({ clock: 'live', asOf: asOf ?? (tick += 1) })
    },
  }
  const { predictions } = atOnce(
    makeService({ features }).service.predictBatch(
      { requests: [{ symbol: 'BTC/USDT' }, { symbol: 'ETH/USDT' }, { symbol: 'BTC/USDT', timestamp: '2024-01-15T10:00:00Z' }] },
      makeCall(),
    ),
  )
  assert.deepEqual(
    predictions.map((item) => ('as_of' in item ? item.as_of : '')),
    ['2024-01-15T10:30:00.001Z', '2024-01-15T10:30:00.001Z', '2024-01-15T10:00:00Z'],
  )
  assert.deepEqual(asked, [undefined, undefined, lastClose + 1, Date.UTC(2024, 0, 15, 10)])
})

test('a batch answers what its items would have been answered one by one, inline or not', async () => {
  const one = fc.record({
    symbol: fc.constantFrom('BTC/USDT', 'ETH/EUR', 'DOGE/USDT'),
    features: fc.record(
      { price: fc.double({ min: 1, max: 220, noNaN: true }), rsi: fc.option(fc.double({ min: -1, max: 101, noNaN: true }), { nil: null }) },
      { requiredKeys: ['price'] },
    ),
  })
  const runtimes = fc.constantFrom(makeRuntime(), makeDistantRuntime(), makeRefusingRuntime(150).runtime, makeRefusingRuntime(20, 'missing_feature').runtime)
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 8 }), runtimes, async (some, runtime) => {
      const requests = [{ symbol: 'BTC/USDT' }, ...some]
      const models = new MemoryModels([makeModel({ runtime })])
      const batch = await makeService({ models }).service.predictBatch({ requests }, makeCall())
      for (const [i, request] of requests.entries()) {
        const single = await Promise.resolve()
          .then(() => makeService({ models }).service.predict(request, makeCall()))
          .catch((error: { code: string }) => error)
        const item = batch.predictions[i] ?? assert.fail()
        assert.deepEqual(
          'error' in item ? item.error.code : item.prediction,
          'prediction' in single ? single.prediction : 'code' in single ? single.code : undefined,
        )
      }
    }),
    { numRuns: 100 },
  )
})
