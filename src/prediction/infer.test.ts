import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServingError } from '../contracts/error.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Deadline } from '../contracts/ports.ts'
import { makeCall, makeDistantRuntime, makeModel, makeService, MemoryModels, refusal } from './testing/in-memory.ts'

const request = { symbol: 'BTC/USDT', features: { price: 150 } } as const

/** A model with `limits.timeout` 250 ms that takes `tookMs` and tells the deadlines that it was given. */
function makeSlow(tookMs: number, overrides: Partial<LoadedModel> = {}) {
  const deadlines: Deadline[] = []
  let now = 1_000
  const distant = makeDistantRuntime()
  const runtime: LoadedModel = {
    ...distant,
    predict: (rows, count, deadline) => {
      deadlines.push(deadline)
      now += tookMs
      return distant.predict(rows, count, deadline)
    },
    ...overrides,
  }
  const models = new MemoryModels([makeModel({ manifest: { limits: { timeout: '250ms' } }, runtime })])
  return { deadlines, models, ...makeService({ models, clock: { now: () => Date.UTC(2024, 0, 15, 10, 30, 1), monotonic: () => now } }) }
}

test('a call of a model has until the limits.timeout of its manifest, or until its own deadline when that is earlier', async () => {
  const { service, deadlines } = makeSlow(10)
  await service.predict(request, makeCall())
  await service.predict(request, makeCall({ at: 1_060 }))
  await service.predictBatch({ requests: [request] }, makeCall())
  assert.deepEqual(
    deadlines.map(({ at }) => at),
    [1_250, 1_060, 1_270],
  )
})

test('a model that takes longer than its manifest allows is refused with its name and its limit, and its lease is given back', async () => {
  for (const ask of ['predict', 'predictBatch'] as const) {
    const { service, models } = makeSlow(251)
    const answer = ask === 'predict' ? service.predict(request, makeCall()) : service.predictBatch({ requests: [request] }, makeCall())
    await assert.rejects(async () => answer, refusal('deadline_exceeded', /momentum 1\.2\.3 took longer than the 250 ms that limits\.timeout/))
    assert.deepEqual(models.held, { acquired: 1, released: 1 })
  }
})

test('the deadline of the call, and what else a model throws, are told as they are', async () => {
  const late = makeSlow(60)
  await assert.rejects(async () => late.service.predict(request, makeCall({ at: 1_050 })), refusal('deadline_exceeded', /ran out 10 ms ago/))
  const left = makeSlow(10)
  await assert.rejects(async () => left.service.predict(request, makeCall({ signal: AbortSignal.abort() })), refusal('deadline_exceeded', /given up/))
  const crashed = makeSlow(10, { predict: () => Promise.reject(new ServingError('worker_crashed', 'gone')) })
  await assert.rejects(async () => crashed.service.predict(request, makeCall()), refusal('worker_crashed', /gone/))
})
