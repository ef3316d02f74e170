import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrepareThread } from './prepare-thread.ts'

const bundle = (version: string): { dir: string; digest: undefined } => ({
  dir: new URL(`../../examples/models/momentum/${version}`, import.meta.url).pathname,
  digest: undefined,
})
const never = new AbortController().signal
const given = { code: 'deadline_exceeded', message: /given up/ }

test('bundles are prepared in the order in which they were asked for, each with its own answer', async () => {
  const thread = new PrepareThread()
  const order: string[] = []
  const asked = ['1.2.2', 'none', '1.2.3'].map((version) =>
    thread.prepare(bundle(version), never).then(
      ({ manifest }) => order.push(manifest.version),
      (error: { code: string }) => order.push(error.code),
    ),
  )
  await Promise.all(asked)
  assert.deepEqual(order, ['1.2.2', 'model_verification_failed', '1.2.3'])
})

test('a bundle that is given up, waiting or under way, holds up no other', async () => {
  const thread = new PrepareThread()
  const [first, second] = [new AbortController(), new AbortController()]
  const underWay = thread.prepare(bundle('1.2.2'), first.signal)
  const waiting = thread.prepare(bundle('1.2.2'), second.signal)
  const wanted = thread.prepare(bundle('1.2.3'), never)
  second.abort()
  await assert.rejects(waiting, given)
  first.abort()
  await assert.rejects(underWay, given)
  assert.equal((await wanted).manifest.version, '1.2.3')
})

test('what is given up before it is asked for is refused, and the thread serves on', async () => {
  const thread = new PrepareThread()
  await assert.rejects(thread.prepare(bundle('1.2.3'), AbortSignal.abort()), given)
  assert.equal((await thread.prepare(bundle('1.2.3'), never)).manifest.version, '1.2.3')
})
