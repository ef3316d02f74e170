import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Deadline } from '../../contracts/ports.ts'
import { type CallLimits, PendingCalls } from './pending-calls.ts'

/** Calls on a virtual clock: `pass` moves it together with the timers. */
function makeCalls(t: TestContext, limits: Partial<CallLimits> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  let hung = 0
  const calls = new PendingCalls<readonly number[]>(
    { now: () => now, monotonic: () => now },
    { maxCalls: 3, maxBytes: 100, graceMs: 10, ...limits },
    () => (hung += 1),
  )
  const pass = (ms: number): void => {
    now += ms
    t.mock.timers.tick(ms)
  }
  const until = (at: number): Deadline => ({ at, signal: new AbortController().signal })
  return { calls, pass, until, hungTimes: () => hung }
}

test('a call is rejected at its deadline and stays owed, and the silent process is noticed after the grace', async (t) => {
  const { calls, pass, until, hungTimes } = makeCalls(t)
  const abandoned: number[] = []
  const { id, answer } = calls.add(8, until(100), (late) => abandoned.push(late))
  const rejected = assert.rejects(answer, { code: 'deadline_exceeded' })
  pass(99)
  assert.deepEqual(abandoned, [])
  pass(1)
  await rejected
  assert.deepEqual(abandoned, [id])
  pass(9)
  assert.equal(hungTimes(), 0)
  pass(1)
  assert.equal(hungTimes(), 1)
})

test('only the oldest call is watched: one behind it gets its grace from its turn on', async (t) => {
  const { calls, pass, until, hungTimes } = makeCalls(t)
  const slow = calls.add(8, until(1_000), () => {})
  const late = calls.add(8, until(50), () => {})
  const rejected = assert.rejects(late.answer, { code: 'deadline_exceeded' })
  pass(500)
  await rejected
  assert.equal(hungTimes(), 0)
  calls.answer(slow.id, [])
  assert.deepEqual(await slow.answer, [])
  pass(9)
  assert.equal(hungTimes(), 0)
  pass(1)
  assert.equal(hungTimes(), 1)
})

test('an answer in time stops the watch, and a second one to the same call is not owed', async (t) => {
  const { calls, pass, until, hungTimes } = makeCalls(t)
  const { id, answer } = calls.add(8, until(100), () => {})
  assert.equal(calls.answer(id, []), true)
  assert.equal(calls.answer(id, []), false)
  assert.deepEqual(await answer, [])
  pass(10_000)
  assert.equal(hungTimes(), 0)
})

test('calls and bytes that wait are bounded; a single large call is let in when nothing waits', (t) => {
  const { calls, until } = makeCalls(t)
  const overloaded = { code: 'overloaded', retryAfterMs: 1_010 }
  calls.admit(1_000, until(1))
  void calls.add(90, until(1_000), () => {})
  assert.throws(() => calls.admit(11, until(1)), overloaded)
  calls.admit(10, until(1))
  void calls.add(1, until(1_000), () => {})
  void calls.add(1, until(1_000), () => {})
  assert.throws(() => calls.admit(1, until(1)), overloaded)
  calls.answer(1, [])
  calls.admit(98, until(1))
})

test('a ping takes no place of a call, and does not keep a single large one out', (t) => {
  const { calls, until } = makeCalls(t)
  const ping = calls.add(0, until(1_000), () => {})
  calls.admit(1_000, until(1))
  for (let call = 0; call < 3; call += 1) {
    calls.admit(1, until(1))
    void calls.add(1, until(1_000), () => {})
  }
  calls.answer(ping.id, [])
  assert.throws(() => calls.admit(1, until(1)), { code: 'overloaded', message: '3 calls already wait for this model' })
})

test('a deadline beyond the reach of timers does not fire at once', (t) => {
  const { calls, pass, until, hungTimes } = makeCalls(t)
  void calls.add(0, until(Infinity), () => {})
  pass(1_000_000)
  assert.equal(hungTimes(), 0)
})
