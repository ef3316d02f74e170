import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Clock, Deadline } from '../../contracts/ports.ts'
import { randomEnsemble } from '../../trees/arbitrary-ensemble.test-data.ts'
import { type CompiledForest, compileForest, kernelsOf } from '../../trees/compile.ts'
import { forestSteps, instantiateForest } from '../../trees/evaluator.ts'
import { SpareMemories } from '../../trees/kernel/spare-memories.ts'
import { warmUpSteps } from '../../trees/warm-up.ts'
import { wasmHost } from '../../wasm/host.ts'
import { firstCalls, TreesRuntime } from './trees-runtime.ts'

const shape = { trees: 20, leaves: 31, inputs: 5, outputs: 2, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }
const ensemble = randomEnsemble(shape)
const rowsOf = (count: number): Float64Array => Float64Array.from({ length: count * 5 }, (_, i) => ((i * 13) % 41) / 4 - 5)
const within = (at: number): Deadline => ({ at, signal: new AbortController().signal })

/** Moves by 1 whenever it is read. */
const ticking = (now = 0): Clock => ({ now: () => 0, monotonic: () => now++ })
const loadModel = (clock = ticking()) => new TreesRuntime(clock).load(undefined, { forest: compileForest(ensemble), explanations: undefined })

test('many rows are answered as each by itself, whatever is left over after whole blocks', async () => {
  const model = await loadModel()
  for (const count of [0, 1, 127, 128, 300]) {
    const rows = rowsOf(count)
    const expected = new Float64Array(count * 2)
    for (let r = 0; r < count; r++) model.predictSync!(rows.subarray(r * 5, (r + 1) * 5), expected.subarray(r * 2, (r + 1) * 2))
    assert.deepEqual(await model.predict(rows, count, within(Infinity)), expected)
  }
})

test('the deadline is looked at before every block of rows', async () => {
  const clock = ticking()
  const model = await loadModel(clock)
  const inLooks = (looks: number): Deadline => within(clock.monotonic() + 1 + looks)
  assert.equal((await model.predict(rowsOf(384), 384, inLooks(3))).length, 768)
  await assert.rejects(model.predict(rowsOf(385), 385, inLooks(3)), { code: 'deadline_exceeded' })
  const aborted = { at: Infinity, signal: AbortSignal.abort() }
  await assert.rejects(async () => (await loadModel()).predict(rowsOf(1), 1, aborted), { code: 'deadline_exceeded' })
})

test('rows that do not make up the count are refused', async () => {
  await assert.rejects(async () => (await loadModel()).predict(rowsOf(2), 3, within(Infinity)), RangeError)
})

test('a load is done in steps of 128 KiB or a call: however long one takes, the event loop has two turns before the next', async () => {
  const large = compileForest(randomEnsemble({ trees: 400, leaves: 255, inputs: 5, outputs: 2, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }))
  assert.ok(large.engine !== 'interpreter')
  const fills = [...forestSteps(large, new SpareMemories())].length
  assert.ok(fills >= Math.ceil(large.image.length / 2 ** 17) && fills > 4, `${fills} steps`)
  let [turns, done] = [0, false]
  const count = (): void => {
    turns += 1
    if (!done) setImmediate(count)
  }
  setImmediate(count)
  const calls = [...warmUpSteps(instantiateForest(large), large.warmRows, firstCalls)].length
  const model = await new TreesRuntime(ticking()).load(undefined, { forest: large, explanations: undefined })
  done = true
  assert.ok(turns >= 2 * (fills + calls), `${turns} turns for ${fills} and ${calls} steps`)
  assert.deepEqual([large.image.length, large.batch?.image.length], [0, 0], 'what was copied is given back')
  await model.dispose()
})

test('whoever keeps a model that is disposed keeps none of its memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // A WeakRef holds what it was made of until the end of the turn; what is swept in one turn is counted in the next.
  const external = async (): Promise<number> => {
    await nextTurn()
    collect()
    await nextTurn()
    collect()
    return process.memoryUsage().external
  }
  const before = await external()
  const kept = await Promise.all(Array.from({ length: 100 }, loadModel))
  const held = (await external()) - before
  await Promise.all(kept.map((model) => model.dispose()))
  const left = (await external()) - before
  assert.ok(held > 100 * 65_536, `${held} bytes`)
  assert.ok(left < held / 10, `${left} of ${held} bytes`)
  assert.equal(kept.length, 100)
})

const forestOf = (trees: number): CompiledForest => compileForest(randomEnsemble({ ...shape, trees }))

test('the next forest has the memories of one that is disposed, once, however often it was, and of no other', async (t) => {
  const { mock } = t.mock.method(wasmHost, 'Memory')
  const runtime = new TreesRuntime(ticking())
  const load = (trees = 20) => runtime.load(undefined, { forest: forestOf(trees), explanations: undefined })
  const kernels = kernelsOf(forestOf(20)).length
  assert.equal(kernels, 2)
  const answer = async (model: LoadedModel) => model.predict(rowsOf(40), 40, within(Infinity))
  const [first, fresh] = [await load(22), await load(20)]
  const expected = await answer(fresh)
  assert.equal(mock.callCount(), 2 * kernels)
  await first.dispose()
  await first.dispose()
  const second = await load()
  assert.equal(mock.callCount(), 2 * kernels, 'none is made')
  await first.dispose()
  const third = await load(19)
  assert.equal(mock.callCount(), 3 * kernels, 'those of the second stay its own')
  await answer(third)
  assert.deepEqual([await answer(second), await answer(fresh)], [expected, expected])
  await assert.rejects(answer(first), { code: 'model_unavailable' })
})

test('a load that is given up, after whichever turn, leaves its memories to the next', async (t) => {
  const { mock } = t.mock.method(wasmHost, 'Memory')
  const runtime = new TreesRuntime(ticking())
  const load = (signal?: AbortSignal) => runtime.load(undefined, { forest: forestOf(20), explanations: undefined }, signal)
  const kernels = kernelsOf(forestOf(20)).length
  let isLoaded = false
  for (let turns = 0; !isLoaded; turns += 1) {
    const caller = new AbortController()
    const loading = load(caller.signal).then(
      (model) => model.dispose().then(() => true),
      () => false,
    )
    for (let turn = 0; turn < turns; turn++) await nextTurn()
    caller.abort()
    isLoaded = await loading
    assert.ok(mock.callCount() <= kernels, `${mock.callCount()} memories after one was given up after ${turns} turns`)
  }
})

test('a model that is disposed while it is brought at hand touches its memory no more: it may be another one’s', async (t) => {
  const { mock } = t.mock.method(wasmHost, 'Memory')
  const model = await loadModel()
  const memories = mock.calls.map(({ result }) => Buffer.from(result!.buffer))
  const bringing = model.bringAtHand!()
  for (let turn = 0; turn < 8; turn++) await nextTurn()
  await model.dispose()
  for (const memory of memories) memory.fill(7)
  await bringing
  await model.bringAtHand!()
  assert.throws(() => model.predictSync!(rowsOf(1), new Float64Array(2)), { code: 'model_unavailable' })
  assert.ok(memories.length > 0 && memories.every((memory) => memory.every((byte) => byte === 7)))
})
