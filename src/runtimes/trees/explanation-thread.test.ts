import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import type { Deadline } from '../../contracts/ports.ts'
import { systemClock } from '../../system.ts'
import { randomEnsemble } from '../../trees/arbitrary-ensemble.test-data.ts'
import { type CompiledExplanations, compileExplanations } from '../../trees/shap/compile-explanations.ts'
import { instantiateExplainer } from '../../trees/shap/explainer.ts'
import { unloaded } from '../process/unloaded.ts'
import { ExplanationThread } from './explanation-thread.ts'

const shape = { trees: 5, leaves: 8, inputs: 4, outputs: 1, categorical: 1, missingTypes: 3, spread: 5 }
const compiled = [1, 2].map((seed) => compileExplanations(randomEnsemble({ ...shape, seed })) ?? assert.fail()) as [CompiledExplanations, CompiledExplanations]
const broken: CompiledExplanations = { ...compiled[0], bytes: 0 }
const row = Float64Array.of(1, NaN, -3, 0.5)
const within = (ms: number): Deadline => ({ at: systemClock.monotonic() + ms, signal: new AbortController().signal })

function explainedHere(of: CompiledExplanations): Float64Array {
  const out = new Float64Array(5)
  instantiateExplainer(of).contributions(row, out)
  return out
}

/** A thread with a model of each that is named; all are forgotten when the test ends. */
function makeThread(t: TestContext, ...models: readonly CompiledExplanations[]) {
  const thread = new ExplanationThread(systemClock)
  const explained = models.map((model) => thread.add(structuredClone(model)))
  t.after(() => Promise.all(explained.map((each) => each.forget())))
  return explained
}

test('one thread explains the rows of several models, as they are explained here', async (t) => {
  const explained = makeThread(t, ...compiled)
  const answers = await Promise.all([...explained, ...explained].map((model) => model.explain(row, within(20_000))))
  assert.deepEqual(answers, [...compiled, ...compiled].map(explainedHere))
  assert.notDeepEqual(answers[0], answers[1])
})

test('when the thread dies all calls in flight fail at once, and the next row is explained by another thread', async (t) => {
  const [bad, good] = makeThread(t, broken, compiled[1])
  const failed = await Promise.allSettled([bad!.explain(row, within(20_000)), good!.explain(row, within(20_000))])
  assert.deepEqual(
    failed.map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code),
    ['worker_crashed', 'worker_crashed'],
  )
  assert.deepEqual(await good!.explain(row, within(20_000)), explainedHere(compiled[1]))
})

test('a call whose time is up fails and the thread goes on', async (t) => {
  const [model] = makeThread(t, compiled[0])
  await assert.rejects(model!.explain(row, within(-1)), { code: 'deadline_exceeded' })
  await assert.rejects(model!.explain(row, { at: Infinity, signal: AbortSignal.abort() }), { code: 'deadline_exceeded' })
  assert.deepEqual(await model!.explain(row, within(20_000)), explainedHere(compiled[0]))
})

test('a model that is forgotten leaves the others explained, and the thread ends with the last one', async (t) => {
  const started = once(process, 'worker') as Promise<[Worker]>
  const [first, second] = makeThread(t, ...compiled)
  await Promise.all([first!.explain(row, within(20_000)), second!.explain(row, within(20_000))])
  const [worker] = await started
  await first!.forget()
  assert.deepEqual(await second!.explain(row, within(20_000)), explainedHere(compiled[1]))
  assert.ok(worker.threadId > 0)
  await second!.forget()
  assert.equal(worker.threadId, -1)
})

test('a model that is forgotten while the thread is told of it is explained no more, and its memory is given back', async (t) => {
  const own = structuredClone(compiled[0])
  const thread = new ExplanationThread(systemClock)
  const [model, other] = [thread.add(own), thread.add(structuredClone(compiled[1]))]
  t.after(() => other.forget())
  const answer = model.explain(row, within(20_000))
  await model.forget()
  await assert.rejects(answer, { code: 'model_unavailable' })
  assert.equal(own.image.length, 0)
  assert.deepEqual(await other.explain(row, within(20_000)), explainedHere(compiled[1]))
})

test('a row that waits until the thread has been told of its model is given up with its caller, and the model is explained', async (t) => {
  const [model] = makeThread(t, compiled[0])
  const caller = new AbortController()
  const answer = model!.explain(row, { at: Infinity, signal: caller.signal })
  caller.abort(unloaded())
  await assert.rejects(answer, { code: 'model_unavailable' })
  assert.deepEqual(await model!.explain(row, within(20_000)), explainedHere(compiled[0]))
})

test('rows of a model for whose copy there is no memory are refused, and explained once there is', async (t) => {
  const own = structuredClone(compiled[0])
  const thread = new ExplanationThread(systemClock)
  const model = thread.add(own)
  t.after(() => model.forget())
  // No machine has room for the largest length.
  Object.defineProperty(own.image, 'length', { value: Number.MAX_SAFE_INTEGER, configurable: true })
  const refused = { code: 'overloaded', message: /^There is no memory to explain this model now/ }
  await Promise.all([1, 2].map(() => assert.rejects(model.explain(row, within(20_000)), refused)))
  Reflect.deleteProperty(own.image, 'length')
  assert.deepEqual(await model.explain(row, within(20_000)), explainedHere(compiled[0]))
})

test('a thread without calls keeps no process alive', async (t) => {
  const held = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length
  const before = held()
  const [model] = makeThread(t, compiled[0])
  await model!.explain(row, within(20_000))
  assert.equal(held(), before)
})
