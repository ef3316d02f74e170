import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arrivals } from './arrivals.ts'
import { bestWaitMs, type Load } from './best-wait.ts'
import { makeBatched } from './fake-model.test-data.ts'
import { ServiceTime } from './service-time.ts'

const ms = fc.double({ min: 0.01, max: 50, noNaN: true })
const loads = fc.record({ rows: fc.integer({ min: 1, max: 64 }), intervalMs: ms, fixedMs: ms, rowMs: ms, workers: fc.integer({ min: 1, max: 8 }) })

/** Ms that all rows together save when the rows at hand wait, straight from the times at which each is answered. */
function saved(waitMs: number, { rows, intervalMs, fixedMs, rowMs, workers }: Load): number {
  const call = (count: number): number => fixedMs + rowMs * count
  const more = waitMs / intervalMs
  const apart = rows * call(rows) + more * (call(rows) / workers + call(more))
  return apart - (rows + more) * (waitMs + call(rows + more))
}

test('no other wait saves more than the best one, and the best one loses nothing', () => {
  fc.assert(
    fc.property(loads, fc.double({ min: 0, max: 100, noNaN: true }), (load, other) => {
      const best = saved(bestWaitMs(load), load)
      const rounding = 1e-9 * (1 + Math.abs(saved(other, load)))
      assert.ok(best >= -rounding && best >= saved(other, load) - rounding)
    }),
  )
})

test('it pays to wait for a model whose calls cost much by themselves, not for one whose rows cost much, nor when rows are rare or many are at hand', () => {
  const load: Load = { rows: 1, intervalMs: 0.5, fixedMs: 10, rowMs: 0.1, workers: 1 }
  assert.ok(bestWaitMs(load) > 4)
  for (const other of [{ fixedMs: 0.1, rowMs: 10 }, { intervalMs: 20 }, { rows: 30 }]) assert.equal(bestWaitMs({ ...load, ...other }), 0)
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

test('calls of one size only do not make larger ones look cheap', () => {
  const time = new ServiceTime()
  for (let call = 0; call < 50; call += 1) time.observe(4, 8)
  assert.deepEqual([time.fixedMs, time.rowMs], [0, 2])
})

test('the interval between rows follows arrivals, and grows when nothing comes while it is waited for', () => {
  const arrivals = new Arrivals()
  for (let at = 0; at < 100; at += 1) arrivals.arrived(2, at)
  assert.ok(Math.abs(arrivals.intervalMs - 0.5) < 0.01)
  arrivals.stayedAway(99.1)
  assert.ok(Math.abs(arrivals.intervalMs - 0.5) < 0.01, 'a wait shorter than the interval says nothing')
  arrivals.stayedAway(110)
  assert.ok(arrivals.intervalMs > 1)
})

/** A model of 20 ms a call that has seen batches of several sizes and rows every 0.1 ms; the worker has been free from 1,000 ms on with one row at hand. */
async function makeBusy(overrides: Parameters<typeof makeBatched>[0]) {
  const under = makeBatched(overrides, { ms: (count) => 20 + count * 0.01 })
  for (const size of [1, 2, 3, 4, 5]) {
    for (let row = 0; row < size; row += 1) {
      void under.ask()
      await under.time.pass(0.1)
    }
    await under.time.pass(50)
  }
  for (let row = 0; row < 40; row += 1) {
    void under.ask(1, under.within(15))
    await under.time.pass(0.1)
  }
  await under.time.pass(200)
  void under.ask()
  await under.time.pass(19)
  const calls = under.calls.length
  void under.ask()
  await under.time.pass(1.01)
  return { ...under, waits: () => under.calls.length === calls }
}

test('where it pays, a free worker waits for more rows, but never longer than max_delay', async () => {
  const { time, waits, counts } = await makeBusy({ maxRows: 64, queueRequests: 100 })
  assert.ok(waits())
  await time.pass(1.9)
  assert.ok(waits())
  await time.pass(0.2)
  assert.equal(counts().at(-1), 1)
  assert.ok(!waits())
})

test('a full batch ends the wait', async () => {
  const { time, waits, counts, ask } = await makeBusy({ maxRows: 4, queueRequests: 100 })
  assert.ok(waits())
  void ask(3)
  assert.ok(!waits())
  await time.pass(0)
  assert.equal(counts().at(-1), 4)
})

test('nothing waits for company beyond the latency target', async () => {
  const { waits } = await makeBusy({ maxRows: 64, queueRequests: 100, targetMs: 21 })
  assert.ok(!waits())
})
