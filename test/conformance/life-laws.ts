import assert from 'node:assert/strict'
import { getPriority } from 'node:os'
import { ServingError } from '../../src/contracts/error.ts'
import type { LoadedModel } from '../../src/contracts/loaded-model.ts'
import { prioritiesBelow } from '../support/priority.ts'
import { leavesNothing } from './leftovers.ts'
import { type Law, patient, type Subject, within } from './subject.ts'

const late = { name: 'ServingError', code: 'deadline_exceeded' }
const unloaded = { name: 'ServingError', code: 'model_unavailable' }
const isSlow: Law['concerns'] = (adapter) => adapter.isSlow === true
/** What a server that shuts down aborts calls with. */
const leaving = (): ServingError => new ServingError('draining', 'The server is shutting down')

/** The model answers as ever. */
async function goesOn(subject: Subject): Promise<void> {
  const rows = subject.rows(3)
  assert.deepEqual(await subject.model.predict(rows, 3, patient()), await subject.singles(rows))
}

/** Everything that can be asked of a disposed model. */
function asked(model: LoadedModel, row: Float64Array): (() => Promise<unknown>)[] {
  const ways: (() => Promise<unknown>)[] = [() => model.predict(row, 1, patient())]
  if (model.predictSync) ways.push(async () => model.predictSync?.(row, new Float64Array(model.outputs)))
  if (model.explain) ways.push(async () => model.explain?.(row, patient()))
  return ways
}

async function checkDispose(subject: Subject): Promise<void> {
  const { runtime: model } = await subject.load()
  const row = subject.rows(1)
  const right = await model.predict(row, 1, patient())
  const calls = [model.predict(row, 1, patient()), model.predict(row, 1, patient())]
  const underWay = Promise.allSettled([...calls, ...(model.explain ? [model.explain(row, patient())] : [])])
  await Promise.all([model.dispose(), model.dispose()])
  await model.dispose()
  for (const [i, call] of (await underWay).entries()) {
    if (call.status === 'rejected') assert.equal((call.reason as ServingError).code, 'model_unavailable')
    else if (i < calls.length) assert.deepEqual(call.value, right)
  }
  for (const ask of asked(model, row)) await assert.rejects(ask, unloaded)
}

/** Nobody's threads here have another priority than this one: neither those of the model's processes nor of what started them. */
async function computesBeside(subject: Subject): Promise<void> {
  const { runtime: model } = await subject.load()
  const seen = new Set(prioritiesBelow(process.pid))
  await model.dispose()
  assert.deepEqual(seen, new Set([getPriority()]))
}

/** How long a model waits for its callers, and what remains of it. */
export const lifeLaws: readonly Law[] = [
  {
    says: 'gives way to nobody once it is loaded and proven',
    concerns: () => process.platform === 'linux',
    check: computesBeside,
  },
  {
    says: 'refuses a call that is over before it is made, and goes on',
    check: async (subject) => {
      const { model } = subject
      const row = subject.rows(1)
      for (const ask of [model.predict.bind(model, row, 1), ...(model.explain ? [model.explain.bind(model, row)] : [])]) {
        await assert.rejects(ask(within(-1)), late)
        await assert.rejects(ask(patient(AbortSignal.abort())), late)
        await assert.rejects(ask(patient(AbortSignal.abort(leaving()))), { code: 'draining' })
      }
      await goesOn(subject)
    },
  },
  {
    says: 'has all the time there is for a call without a deadline',
    check: async (subject) => {
      const row = subject.rows(1)
      assert.deepEqual(await subject.model.predict(row, 1, { at: Infinity, signal: new AbortController().signal }), await subject.singles(row))
    },
  },
  {
    says: 'lets a caller go who gives up, and goes on',
    check: async (subject) => {
      const { model } = subject
      const row = subject.rows(1)
      const caller = new AbortController()
      const call = model.predict(row, 1, patient(caller.signal))
      caller.abort(leaving())
      // What is computed on the spot is there already.
      if (model.predictSync) assert.deepEqual(await call, await subject.singles(row))
      else await assert.rejects(call, { code: 'draining' })
      await goesOn(subject)
    },
  },
  {
    says: 'lets a caller go whose deadline passes while it computes, and goes on',
    concerns: isSlow,
    check: async (subject) => {
      await assert.rejects(subject.model.predict(subject.slowRow(), 1, within(50)), late)
      await goesOn(subject)
    },
  },
  {
    says: 'ends slow calls when it is disposed',
    concerns: isSlow,
    check: async (subject) => {
      const { runtime: model } = await subject.load()
      const row = subject.slowRow()
      const underWay = [0, 1, 2].map(() => assert.rejects(model.predict(row, 1, patient()), unloaded))
      await Promise.all([model.dispose(), ...underWay])
    },
  },
  {
    says: 'answers or refuses what is under way when it is disposed, refuses what comes later, and leaves nothing',
    check: (subject) => leavesNothing(() => checkDispose(subject)),
  },
]
