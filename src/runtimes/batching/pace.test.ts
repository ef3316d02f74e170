import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arrivals } from './arrivals.ts'
import { bestWaitMs, type Load, savedMs } from './best-wait.ts'
import { makeBatched } from './fake-model.test-data.ts'
import { ServiceTime } from './service-time.ts'

const ms = fc.double({ min: 0.01, max: 50, noNaN: true })
const linear =
  (fixedMs: number, rowMs: number) =>
  (rows: number): number =>
    fixedMs + rowMs * rows
const loads = fc.record({
  rows: fc.integer({ min: 1, max: 64 }),
  coming: fc
    .array(fc.double({ min: 0, max: 10, noNaN: true }), { maxLength: 5 })
    .map((each) => each.map((_, at) => each.slice(0, at + 1).reduce((sum, more) => sum + more))),
  callMs: fc.tuple(ms, ms).map(([fixedMs, rowMs]) => linear(fixedMs, rowMs)),
  workers: fc.integer({ min: 1, max: 8 }),
})

test('no other wait saves more than the best one, and the best one loses nothing', () => {
  fc.assert(
    fc.property(loads, (load) => {
      const best = bestWaitMs(load)
      const saving = best === 0 ? 0 : savedMs(load, best, load.coming[best - 1] as number)
      assert.ok(saving >= 0 && load.coming.every((more, at) => savedMs(load, at + 1, more) <= saving))
    }),
  )
})

test('it pays to wait for a model whose calls cost much by themselves, not for one whose rows cost much, nor when few come or many are at hand', () => {
  const load: Load = { rows: 1, coming: [4, 4], callMs: linear(10, 0.1), workers: 1 }
  assert.equal(bestWaitMs(load), 1)
  for (const other of [{ callMs: linear(0.1, 10) }, { coming: [0.01, 0.02] }, { rows: 30 }]) assert.equal(bestWaitMs({ ...load, ...other }), 0)
})

test('the time of a call is learned from calls of several sizes, and learned anew when it changes', () => {
  const time = new ServiceTime()
  assert.equal(time.expectedMs(5), 0)
  const learn = (fixedMs: number, rowMs: number): void => {
    for (let call = 0; call < 600; call += 1) time.observe(1 + (call % 9), fixedMs + rowMs * (1 + (call % 9)))
  }
  for (const [fixedMs, rowMs] of [
    [4, 0.5],
    [1, 2],
  ] as const) {
    learn(fixedMs, rowMs)
    assert.ok(Math.abs(time.fixedMs - fixedMs) < 0.01 && Math.abs(time.rowMs - rowMs) < 0.01, `${time.fixedMs} + ${time.rowMs} rows`)
  }
})

test('calls of one size only do not make larger ones look cheap, and do not undo what was learned', () => {
  const time = new ServiceTime()
  for (let call = 0; call < 50; call += 1) time.observe(4, 8)
  assert.deepEqual([time.fixedMs, time.rowMs], [0, 2])
  for (const rows of [1, 9]) for (let call = 0; call < 200; call += 1) time.observe(rows, 7 + rows)
  for (let call = 0; call < 1_000; call += 1) time.observe(4, 11)
  assert.ok(Math.abs(time.fixedMs - 7) < 0.1, String(time.fixedMs))
})

test('rows that come back after an answer are expected after the next one, as many as were answered', () => {
  const arrivals = new Arrivals(2)
  assert.deepEqual(arrivals.expected(), [0, 0])
  for (let at = 0; at < 1_000; at += 10) {
    arrivals.answered(4, at)
    arrivals.arrived(2, at + 0.5)
    arrivals.arrived(1, at + 1.5)
    arrivals.arrived(9, at + 2)
  }
  arrivals.answered(8, 1_000)
  assert.deepEqual(
    arrivals.expected().map((rows) => Math.round(rows * 100) / 100),
    [4, 6],
  )
})

test('ms that had not passed before the next answer say nothing', () => {
  const arrivals = new Arrivals(2)
  for (let at = 0; at < 100; at += 0.5) {
    arrivals.answered(1, at)
    arrivals.arrived(1, at)
  }
  assert.deepEqual(arrivals.expected(), [0, 0])
})

/** Clients of a model of 20 ms a call, each of which comes back 0.4 ms after its answer: what they waited, after some rounds. */
async function waitedBy(clients: number, overrides: Parameters<typeof makeBatched>[0]) {
  const { ask, time, calls } = makeBatched(overrides, { ms: (count) => 20 + count * 0.01 })
  const client = async (): Promise<void> => {
    for (;;) {
      await ask(1)
      await new Promise<void>((resolve) => void time.after(0.4, resolve))
    }
  }
  for (let at = 0; at < clients; at += 1) void client()
  await time.pass(2_000)
  const idle = calls.map(({ at, count }, call) => at - (calls[call - 1]?.at ?? 0) - (20 + (calls[call - 1]?.count ?? count) * 0.01))
  return { sizes: calls.slice(-20).map(({ count }) => count), longestIdleMs: Math.max(...idle.slice(1)) }
}

test('where it pays, a free worker waits for those who come back, but never longer than max_delay', async () => {
  const { sizes, longestIdleMs } = await waitedBy(8, { maxRows: 64 })
  assert.ok(sizes.includes(8), String(sizes))
  assert.ok(longestIdleMs > 0.9 && longestIdleMs <= 2 + 1e-6, String(longestIdleMs))
})

test('a full batch ends the wait', async () => {
  const { sizes, longestIdleMs } = await waitedBy(4, { maxRows: 4 })
  assert.ok(sizes.includes(4), String(sizes))
  assert.ok(longestIdleMs < 0.9, String(longestIdleMs))
})

test('nothing waits for company beyond the latency target', async () => {
  const { longestIdleMs } = await waitedBy(8, { maxRows: 64, targetMs: 20 })
  assert.ok(longestIdleMs < 0.5, String(longestIdleMs))
})
