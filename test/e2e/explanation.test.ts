import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { interpretRaw } from '../../src/trees/interpret.ts'
import { parseLightGbm } from '../../src/trees/lightgbm.ts'
import { singleRequest } from './support/specification.ts'
import { exampleModels, startServer } from './support/start-server.ts'

const ensemble = parseLightGbm(readFileSync(join(exampleModels, 'momentum', '1.2.3', 'model.txt'), 'utf8'))
type Explanation = { readonly base: number; readonly contributions: readonly { readonly id: string; readonly value: number }[] }
type Input = { readonly id: string; readonly value: number | null }

test('the momentum model explains its raw score', async (t) => {
  const { client } = await startServer(t)
  const ask = (include: readonly string[]) => client.post('/predict', { ...singleRequest, include })

  await t.test('base and contributions add up to what the trees say of the inputs of the decision', async () => {
    const { status, body } = await ask(['explanation', 'features'])
    assert.equal(status, 200, JSON.stringify(body))
    const { base, contributions }: Explanation = body.explanation
    const { body: decision } = await client.get(`/decisions/${body.id}`)
    const inputs: readonly Input[] = decision.inputs
    const raw = new Float64Array(1)
    interpretRaw(
      ensemble,
      Float64Array.from(inputs, ({ value }) => value ?? NaN),
      raw,
    )
    const sum = contributions.reduce((total, { value }) => total + value, base)
    const largest = Math.max(Math.abs(raw[0]!), Math.abs(base), ...contributions.map(({ value }) => Math.abs(value)))
    assert.ok(Math.abs(sum - raw[0]!) <= 1e-12 * largest, `${sum} is not ${raw[0]}`)
    assert.deepEqual(new Set(contributions.map(({ id }) => id)), new Set(body.features.map(({ id }: Input) => id)))
    assert.equal(contributions.length, ensemble.inputs)
    assert.ok(contributions.every(({ value }, i) => i === 0 || Math.abs(value) <= Math.abs(contributions[i - 1]!.value)))
    assert.deepEqual([body.explanation.space, body.explanation.class], ['raw_score', 'up'])
    assert.ok(decision.timings_us.explanation >= 0)
  })

  await t.test('the same request gets the same explanation, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(['explanation'])))
    for (const { body } of answers) assert.deepEqual(body.explanation, answers[0]!.body.explanation)
  })

  await t.test('a network has none: the problem says so and what to do', async () => {
    const { status, body } = await client.post('/predict', { symbol: 'BTC/USDT', model: 'lstm_momentum_v1', include: ['explanation'] })
    assert.deepEqual([status, body.code, body.errors[0].pointer], [422, 'explanation_unavailable', '/include'])
    assert.match(body.detail, /leave explanation out/)
  })

  await t.test('a batch has none: the problem says where to ask', async () => {
    const { status, body } = await client.post('/predict/batch', { requests: [{ symbol: 'BTC/USDT' }], include: ['timing', 'explanation'] })
    assert.deepEqual([status, body.code, body.errors[0].pointer], [400, 'validation_failed', '/include/1'])
    assert.match(body.detail, /POST \/predict/)
  })
})
