import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import { loadBundle, type LoadedBundle } from './load-bundle.ts'
import { prepareBundle } from './prepare-bundle.ts'
import { readManifest } from './read-manifest.ts'

const dir = fileURLToPath(new URL('../../test/golden/sklearn/bundles/forest/1.0.0', import.meta.url))
const prepared = prepareBundle(readManifest(dir))
const golden = prepared.golden!
const clock = { now: () => 0, monotonic: () => 0 }

/** Answers the golden rows, each with an error of its way: of many rows, of single ones on the spot, of one row in a call. */
function modelWith(errors: { readonly many: number; readonly single?: number; readonly alone?: number }): LoadedModel & { disposed: boolean } {
  const inputs = golden.inputs.length / golden.count
  const wanted = new Map(
    Array.from({ length: golden.count }, (_, row) => [keyOf(golden.inputs.subarray(row * inputs, (row + 1) * inputs)), golden.outputs[row]!]),
  )
  const { many, single, alone = many } = errors
  return {
    inputs,
    outputs: 1,
    memoryBytes: 0,
    engine: 'golden rows',
    disposed: false,
    predict: (rows, count) =>
      Promise.resolve(
        Float64Array.from({ length: count }, (_, row) => wanted.get(keyOf(rows.subarray(row * inputs, (row + 1) * inputs)))! + (count === 1 ? alone : many)),
      ),
    ...(single !== undefined && { predictSync: (row: Float64Array, out: Float64Array) => void (out[0] = wanted.get(keyOf(row))! + single) }),
    dispose() {
      this.disposed = true
      return Promise.resolve()
    },
  }
}
const keyOf = (row: Float64Array): string => row.join(' ')

function load(model: LoadedModel, signal = AbortSignal.timeout(60_000)): Promise<LoadedBundle> {
  const runtimes = [{ kind: prepared.manifest.runtime, load: () => Promise.resolve(model) }]
  const preparation = { prepare: () => Promise.resolve(prepared) }
  return loadBundle(readManifest(dir), { runtimes, clock, preparation, allowUnverified: false }, { signal, onPhase: () => {} })
}

test('a model is proven in each way in which it answers: many rows at once, and single rows on the spot', async () => {
  const { golden: result } = await load(modelWith({ many: 1e-14, single: 1e-13 }))
  assert.equal(result?.reproduced, golden.count)
  assert.ok(Math.abs(result.maxAbsError - 1e-13) < 1e-14)
  assert.equal((await load(modelWith({ many: 0 }))).golden?.reproduced, golden.count)
  for (const errors of [{ many: 0.1 }, { many: 0.1, single: 0 }, { many: 0, single: 0.1 }, { many: 0, single: NaN }]) {
    const model = modelWith(errors)
    await assert.rejects(load(model), { code: 'model_verification_failed', message: /reproduces 0 of \d+ golden rows/ })
    assert.ok(model.disposed)
  }
})

test('a model that answers elsewhere is asked a few golden rows alone', async () => {
  const { golden: result } = await load(modelWith({ many: 0, alone: 1e-13 }))
  assert.ok(Math.abs(result!.maxAbsError - 1e-13) < 1e-14)
  const message = new RegExp(`reproduces ${golden.count - 16} of ${golden.count} golden rows`)
  await assert.rejects(load(modelWith({ many: 0, alone: 0.1 })), { code: 'model_verification_failed', message })
})

test('golden rows of a model that is not wanted any more are given up', async () => {
  const model = modelWith({ many: 0, single: 0 })
  await assert.rejects(load(model, AbortSignal.abort()), { code: 'deadline_exceeded' })
  assert.ok(model.disposed)
})

test('single rows on the spot are asked two in a turn of the event loop, so that other models answer between them', async () => {
  const model = modelWith({ many: 0, single: 0 })
  let [calls, mostInTurn, isOver] = [0, 0, false]
  const nextTurn = (): void => {
    calls = 0
    if (!isOver) setImmediate(nextTurn)
  }
  nextTurn()
  const predictSync = (row: Float64Array, out: Float64Array): void => {
    model.predictSync?.(row, out)
    calls += 1
    mostInTurn = Math.max(mostInTurn, calls)
  }
  await load({ ...model, predictSync })
  isOver = true
  assert.equal(mostInTurn, 2)
})
