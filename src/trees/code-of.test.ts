import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from './code-of.ts'

test('a known value becomes its position, every other value is missing', () => {
  const values = Float64Array.of(-3, 0, 0.1, 20240115)
  const codes = [-3, 0, -0, 0.1, 20240115, -4, 0.2, 1, 20240116, Infinity, -Infinity, NaN].map((x) => codeOf(values, x))
  assert.deepEqual(codes, [0, 1, 1, 2, 3, NaN, NaN, NaN, NaN, NaN, NaN, NaN])
  assert.deepEqual(codeOf(new Float64Array(0), 1), NaN)
})
