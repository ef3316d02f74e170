import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { backoffMs } from './backoff.ts'

const limits = { baseMs: 100, capMs: 3_000 }

test('the wait doubles from the base to the cap', () => {
  const waits = [0, 1, 2, 3, 5, 6, 7, 5_000].map((failures) => backoffMs(failures, limits, () => 1))
  assert.deepEqual(waits, [100, 100, 200, 400, 1_600, 3_000, 3_000, 3_000])
})

test('chance takes away at most half of the wait', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (failures, chance) => {
      const longest = backoffMs(failures, limits, () => 1)
      const wait = backoffMs(failures, limits, () => chance)
      assert.ok(wait >= longest / 2 && wait <= longest)
    }),
  )
})
