import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ServingError } from '../../contracts/error.ts'
import { makeBatched, outputsOf } from './fake-model.test-data.ts'

const arrival = fc.record({
  gapMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 60 })),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 })),
  forMs: fc.oneof(fc.constant(1_000), fc.integer({ min: 1, max: 60 })),
  isPoisoned: fc.integer({ min: 0, max: 7 }).map((drawn) => drawn === 0),
})
const world = fc.record({
  maxRows: fc.integer({ min: 1, max: 10 }),
  workers: fc.integer({ min: 1, max: 3 }),
  fixedMs: fc.integer({ min: 0, max: 30 }),
  rowMs: fc.double({ min: 0, max: 2, noNaN: true }),
  arrivals: fc.array(arrival, { minLength: 1, maxLength: 40 }),
})

const poison = 1e9

test('whatever comes when, each caller gets bit for bit what it would get alone, or its own refusal, in time', async () => {
  let batches = 0
  await fc.assert(
    fc.asyncProperty(world, async ({ maxRows, workers, fixedMs, rowMs, arrivals }) => {
      const fail = (rows: Float64Array): ServingError | undefined =>
        rows.includes(poison) ? new ServingError('model_output_invalid', 'not finite') : undefined
      const { model, time, within, seen, calls } = makeBatched(
        { maxRows, workers, queueRequests: 1_000, queueRows: 1_000 },
        { ms: (count) => fixedMs + rowMs * count, fail },
      )
      let last = 0
      const moments = arrivals.map(({ gapMs }) => (last += gapMs))
      let answered = 0
      const asked = arrivals.map(async ({ count, forMs, isPoisoned }, at) => {
        await new Promise<void>((resolve) => void time.after(moments[at] as number, resolve))
        const rows = Float64Array.from({ length: 2 * count }, (_, i) => Math.sin(at * 100 + i) * 1e3)
        if (isPoisoned) rows[0] = poison
        const deadline = within(forMs)
        const isLone = seen.inFlight === 0 && answered === at
        const before = calls.length
        const answer = model.predict(rows, count, deadline)
        if (isLone) assert.ok(calls.length > before, 'a lone call waited')
        try {
          assert.deepEqual(await answer, outputsOf(rows))
          assert.ok(!isPoisoned, 'a poisoned row was answered')
        } catch (error) {
          if (!(error instanceof ServingError)) throw error
          assert.ok(error.code === 'deadline_exceeded' || isPoisoned, error.code)
          if (error.code === 'deadline_exceeded') assert.equal(time.clock.monotonic(), deadline.at)
        }
        assert.ok(time.clock.monotonic() <= deadline.at, 'a caller waited beyond its deadline')
        answered += 1
      })
      const all = Promise.all(asked)
      all.catch(() => {})
      await time.pass(10_000)
      await all
      assert.equal(answered, arrivals.length)
      assert.ok(seen.busiest <= workers)
      assert.ok(calls.every(({ count }) => count <= maxRows))
      batches += calls.filter(({ count }) => count > 1).length
    }),
    { numRuns: 150 },
  )
  assert.ok(batches > 100, 'batches were formed')
})
