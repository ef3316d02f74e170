import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FeatureSet, ValueRange } from '../contracts/features.ts'
import { madeUpRows } from './made-up-rows.ts'

const setOf = (ranges: readonly ValueRange[], window = 1): FeatureSet => {
  const ids = ranges.map((_, i) => `f${i}`)
  return { digest: '', ids, columnOf: new Map(), ranges, spec: { timeframe: '1m', features: ids, window, symbols: ['*'] } }
}

const end = fc.double({ min: -1e9, max: 1e9, noNaN: true })
const range = fc.oneof(
  fc.tuple(end, end).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
  end.map((min) => ({ min, max: Infinity })),
  end.map((max) => ({ min: -Infinity, max })),
  fc.constant({ min: -Infinity, max: Infinity }),
)

test('every value lies within the range of its feature, and the rows are always the same', () => {
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (ranges, window) => {
      const make = () => madeUpRows(setOf(ranges, window), { optional: [], whole: [] })
      const rows = make()
      assert.deepEqual(rows, make())
      assert.equal(rows.length, 32)
      for (const row of rows) {
        assert.equal(row.length, ranges.length * window)
        for (const [at, value] of row.entries()) {
          const { min, max } = ranges[at % ranges.length] as ValueRange
          assert.ok(value >= min && value <= max, `${value} of ${min} to ${max}`)
        }
      }
    }),
  )
})

test('rows differ from each other in every column', () => {
  const rows = madeUpRows(
    setOf([
      { min: 0, max: 100 },
      { min: 0, max: Infinity },
    ]),
    { optional: [], whole: [] },
  )
  for (const column of [0, 1]) assert.equal(new Set(rows.map((row) => row[column])).size, 32)
})

test('columns that may be missing are so in some rows of their own, in the whole window', () => {
  const unit = { min: 0, max: 1 }
  const rows = madeUpRows(setOf([unit, unit, unit], 2), { optional: [0, 2], whole: [] })
  const holes = rows.map((row) => row.flatMap((value, at) => (Number.isNaN(value) ? [at] : [])))
  assert.deepEqual(holes.slice(32), [
    [0, 2, 3, 5],
    [0, 3],
    [2, 5],
  ])
  assert.ok(holes.slice(0, 32).every((hole) => hole.length === 0))
})

test('columns of whole numbers have whole numbers', () => {
  const rows = madeUpRows(
    setOf([
      { min: 0, max: 7 },
      { min: -1, max: 1 },
    ]),
    { optional: [], whole: [0] },
  )
  assert.ok(rows.every(([category, other]) => Number.isInteger(category) && !Number.isInteger(other)))
})
