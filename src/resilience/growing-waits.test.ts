import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrowingWaits } from './growing-waits.ts'

test('waits grow with failures that follow each other, and begin anew after what lasted', () => {
  const waits = new GrowingWaits({ backoff: { baseMs: 10, capMs: 60 }, steadyMs: 1_000 }, () => 1)
  assert.deepEqual(
    [0, 999, 0, 0, 1_000, 0].map((lasted) => waits.after(lasted)),
    [10, 20, 40, 60, 10, 20],
  )
})
