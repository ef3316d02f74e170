import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { reliabilityAt } from './reliability.ts'

const table = { probability: [0.5, 0.6, 0.7], success: [0.5, 0.57, 0.66] }

test('reliability is the table at its knots, linear between them, and clamped outside', () => {
  assert.deepEqual(
    [0, 0.5, 0.6, 0.7, 1].map((p) => reliabilityAt(table, p)),
    [0.5, 0.5, 0.57, 0.66, 0.66],
  )
  assert.ok(Math.abs(reliabilityAt(table, 0.55) - 0.535) < 1e-15)
})

test('without a table the probability is all that is known', () => {
  assert.equal(reliabilityAt(undefined, 0.8), 0.8)
})

test('reliability never leaves the range of a rising table, and rises with it', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  const rising = fc.uniqueArray(unit, { minLength: 2, maxLength: 8 }).map((values) => values.toSorted((a, b) => a - b))
  fc.assert(
    fc.property(fc.tuple(rising, rising, unit, unit), ([x, y, a, b]) => {
      const knots = Math.min(x.length, y.length)
      const some = { probability: x.slice(0, knots), success: y.slice(0, knots) }
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((p) => reliabilityAt(some, p)) as [number, number]
      assert.ok(low >= (some.success[0] as number) - 1e-12 && high <= (some.success[knots - 1] as number) + 1e-12)
      assert.ok(low <= high + 1e-12)
    }),
  )
})
