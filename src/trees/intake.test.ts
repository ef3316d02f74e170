import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, seenRow } from './intake.ts'

test('a known value becomes its position, every other value is missing', () => {
  const values = Float64Array.of(-3, 0, 0.1, 20240115)
  const codes = [-3, 0, -0, 0.1, 20240115, -4, 0.2, 1, 20240116, Infinity, -Infinity, NaN].map((x) => codeOf(values, x))
  assert.deepEqual(codes, [0, 1, 1, 2, 3, NaN, NaN, NaN, NaN, NaN, NaN, NaN])
  assert.deepEqual(codeOf(new Float64Array(0), 1), NaN)
})

test('a row is rounded to float32 first, then rounded down, then recoded', () => {
  const intake = { inputs: 4, roundInputs: true, floorInputs: [1, 2], recodings: [{ input: 2, values: Float64Array.of(-1, 5) }] }
  assert.deepEqual([...seenRow(intake, Float64Array.of(0.1, -0.5, 5.9, NaN))], [Math.fround(0.1), -1, 1, NaN])
  assert.deepEqual([...seenRow({ ...intake, roundInputs: false, recodings: [] }, Float64Array.of(0.1, -0.5, 5.9, NaN))], [0.1, -1, 5, NaN])
})
