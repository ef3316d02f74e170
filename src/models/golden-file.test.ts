import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGoldenFile } from './golden-file.ts'

type Row = { readonly input: readonly unknown[]; readonly output: readonly unknown[] }
const row: Row = { input: [1, 'NaN', '-Infinity'], output: [0.5] }
const rows = (last: unknown = row): unknown[] => [...Array.from({ length: 15 }, () => row), last]
const file = { schema: 1, tolerance: { absolute: 1e-9, relative: 0 }, rows: rows() }

test('golden rows are numbers, and what JSON has no number for stands by its name', () => {
  const { tolerance, rows: read } = readGoldenFile(JSON.stringify(file))
  assert.deepEqual(tolerance, file.tolerance)
  assert.deepEqual([read.length, read[15]], [16, { input: [1, NaN, -Infinity], output: [0.5] }])
})

test('a byte order mark in front of golden rows is passed over', () => {
  assert.equal(readGoldenFile(`\uFEFF${JSON.stringify(file)}`).rows.length, 16)
})

const refusals: readonly (readonly [unknown, RegExp])[] = [
  [[], /the file must be an object with schema, tolerance, rows/],
  [{ ...file, more: 1 }, /the file must be an object with schema, tolerance, rows/],
  [{ ...file, schema: 2 }, /\/schema must be 1/],
  [{ ...file, tolerance: { absolute: 0 } }, /\/tolerance must be an object with absolute, relative/],
  [{ ...file, tolerance: { absolute: 0.02, relative: 0 } }, /\/tolerance\/absolute must be a number between 0 and 0\.01/],
  [{ ...file, tolerance: { absolute: 0, relative: '0' } }, /\/tolerance\/relative must be a number/],
  [{ ...file, rows: rows().slice(1) }, /\/rows must be 16 to 100000 rows/],
  [{ ...file, rows: rows(null) }, /\/rows\/15 must be an object with input, output/],
  [{ ...file, rows: rows({ ...row, weight: 1 }) }, /\/rows\/15 must be an object with input, output/],
  [{ ...file, rows: rows({ ...row, input: 1 }) }, /\/rows\/15\/input must be an array of numbers/],
  [{ ...file, rows: rows({ ...row, input: [1, '2'] }) }, /\/rows\/15\/input\/1 must be a number, "NaN", "Infinity" or "-Infinity"/],
  [{ ...file, rows: rows({ ...row, output: [] }) }, /\/rows\/15\/output must have a number/],
  [{ ...file, rows: rows({ ...row, output: ['NaN'] }) }, /\/rows\/15\/output\/0 must be a number$/],
]

for (const [value, message] of refusals)
  test(`golden rows are refused: ${message.source.replaceAll('\\', '')}`, () => {
    assert.throws(() => readGoldenFile(JSON.stringify(value)), { code: 'model_verification_failed', message })
  })
