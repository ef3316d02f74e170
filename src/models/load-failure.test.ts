import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, ServingError } from '../contracts/error.ts'
import { type LoadFailure, loadFailure } from './load-failure.ts'
import { ModelEntry } from './model-entry.ts'
import { VersionSlot } from './version-slot.ts'

const failWith = (code: ErrorCode, before?: LoadFailure): LoadFailure => loadFailure(new ServingError(code, 'it failed'), before, { print: 'as ever', now: 0 })

/** How long a version is left alone after each of so many failures of its load, in s. */
function waits(code: ErrorCode, count: number): number[] {
  const failures: LoadFailure[] = []
  for (let done = 0; done < count; done += 1) failures.push(failWith(code, failures.at(-1)))
  return failures.map(({ until }) => until / 1_000)
}

test('a version that failed is left alone for twice as long each time, for as long as fits what it failed for', () => {
  assert.deepEqual(waits('model_verification_failed', 9), [5, 10, 20, 40, 80, 160, 320, 600, 600])
  assert.deepEqual(waits('worker_crashed', 6), [5, 10, 20, 40, 60, 60])
  assert.deepEqual(waits('model_memory_exceeded', 3), [5, 5, 5])
})

test('other files are tried at once: the wait begins again', () => {
  const before = failWith('model_verification_failed', failWith('model_verification_failed'))
  assert.equal(loadFailure(new ServingError('model_verification_failed', 'it failed'), before, { print: 'other', now: 0 }).until, 5_000)
})

/** A model with two proven versions, of which the newer one could not be loaded for this. */
function modelOf(code: ErrorCode): ModelEntry {
  const entry = new ModelEntry('model')
  for (const version of ['1.0.0', '2.0.0']) entry.add(new VersionSlot({ manifest: { name: 'model', version, symbols: [] } } as never))
  const newest = entry.slots.get('2.0.0') as VersionSlot
  newest.failure = failWith(code)
  entry.resolve(new Map(), () => true)
  return entry
}

for (const code of ['model_memory_exceeded', 'worker_crashed', 'model_unavailable'] as const)
  test(`a proven version stays \`latest\` when a load of it fails with ${code}: it is the same model on every replica, whatever one of them lacks for the moment`, () => {
    assert.equal(modelOf(code).labels.get('latest'), '2.0.0')
  })

test('a proven version whose files are refused is `latest` no more', () => {
  assert.equal(modelOf('model_verification_failed').labels.get('latest'), '1.0.0')
})
