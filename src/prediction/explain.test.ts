import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServingError } from '../contracts/error.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { PredictResponse } from '../contracts/predict.ts'
import { makeCall, makeDistantRuntime, makeModel, makeReading, makeRuntime, makeService, makeSet, MemoryModels, refusal } from './testing/in-memory.ts'

const request = { symbol: 'BTC/USDT', features: { price: 150 }, include: ['explanation' as const] }
const base = 0.25
const explained = (contributions: readonly number[]): Partial<LoadedModel> => ({ explain: () => Promise.resolve(Float64Array.of(...contributions, base)) })
const parts = [0.1, -0.5, 0, 0.2]

function makeExplaining(model: Parameters<typeof makeModel>[0], window = 1) {
  const models = new MemoryModels([makeModel(model)])
  const features = { vector: () => makeReading({}, window) }
  return { models, ...makeService({ models, features }) }
}
const explanationOf = async (answer: PredictResponse | Promise<PredictResponse>) => (await answer).explanation

test('an explanation names each input, the largest contribution first, and whose raw score it is', async () => {
  const { service, decisions, models } = makeExplaining({ runtime: makeRuntime(explained(parts)) })
  const answer = await service.predict({ ...request, include: ['explanation', 'timing'] }, makeCall())
  assert.deepEqual(answer.explanation, {
    space: 'raw_score',
    class: 'up',
    base,
    contributions: [
      { id: 'volume@1m', value: -0.5 },
      { id: 'roc(5)@1m', value: 0.2 },
      { id: 'close@1m', value: 0.1 },
      { id: 'rsi(14)@1m', value: 0 },
    ],
  })
  assert.equal(answer.prediction.probability, 0.75)
  assert.deepEqual(Object.keys(answer.timing ?? {}), ['resolve', 'features', 'inference', 'explanation'])
  assert.deepEqual([decisions.length, models.held], [1, { acquired: 1, released: 1 }])
})

test('where a model sees several bars, a contribution says how many before the newest its bar lies', async () => {
  const runtime = makeRuntime({ ...explained([1, 2, 3, 4, 5, 6, 7, 8]), inputs: 8 }, () => 0.75)
  const { service } = makeExplaining({ runtime, set: makeSet({ window: 2 }) }, 2)
  const explanation = await explanationOf(service.predict(request, makeCall()))
  assert.deepEqual(explanation?.contributions.slice(0, 5), [
    { id: 'roc(5)@1m', lag: 0, value: 8 },
    { id: 'rsi(14)@1m', lag: 0, value: 7 },
    { id: 'volume@1m', lag: 0, value: 6 },
    { id: 'close@1m', lag: 0, value: 5 },
    { id: 'roc(5)@1m', lag: 1, value: 4 },
  ])
})

test('of several classes the most probable one is explained', async () => {
  const output = { kind: 'multiclass' as const, classes: ['down', 'flat', 'up'] }
  const probabilities = [0.2, 0.5, 0.3]
  const runtime = makeRuntime({
    outputs: 3,
    predictSync: (_row, out) => out.set(probabilities),
    explain: () => Promise.resolve(Float64Array.from({ length: 15 }, (_, i) => i)),
  })
  const { service } = makeExplaining({ manifest: { output }, runtime })
  const explanation = await explanationOf(service.predict(request, makeCall()))
  assert.deepEqual([explanation?.class, explanation?.base, explanation?.contributions.map(({ value }) => value)], ['flat', 9, [8, 7, 6, 5]])
})

test('a model in another process is explained after it answered', async () => {
  const { service } = makeExplaining({ runtime: { ...makeDistantRuntime(), ...explained(parts) } })
  assert.equal((await explanationOf(service.predict(request, makeCall())))?.base, base)
})

test('a model that cannot be explained is refused at once, with what to do, and held no longer', () => {
  const { service, decisions, models } = makeExplaining({})
  assert.throws(() => service.predict(request, makeCall()), refusal('explanation_unavailable', /momentum 1\.2\.3 .*leave explanation out/))
  assert.deepEqual([decisions.length, models.held], [0, { acquired: 1, released: 1 }])
})

test('an explanation that fails fails the answer: no decision is remembered that was never given', async () => {
  const crashed = new ServingError('worker_crashed', 'The thread ended')
  const { service, decisions, models } = makeExplaining({ runtime: makeRuntime({ explain: () => Promise.reject(crashed) }) })
  await assert.rejects(Promise.resolve(service.predict(request, makeCall())), refusal('worker_crashed'))
  assert.deepEqual([decisions.length, models.held], [0, { acquired: 1, released: 1 }])
})

test('an explanation that is not finite is no answer', async () => {
  const { service } = makeExplaining({ runtime: makeRuntime(explained([0.1, NaN, 0, 0])) })
  await assert.rejects(Promise.resolve(service.predict(request, makeCall())), refusal('model_output_invalid', /explanation/))
})

test('a batch is not explained: the refusal says where to ask', () => {
  const { service } = makeExplaining({ runtime: makeRuntime(explained(parts)) })
  assert.throws(
    () => service.predictBatch({ requests: [{ symbol: 'BTC/USDT' }], include: ['timing', 'explanation'] }, makeCall()),
    (error: unknown) => refusal('validation_failed', /POST \/predict/)(error) && error instanceof ServingError && error.places?.[0]?.pointer === '/include/1',
  )
})
