import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signatureOf, type Wanted } from './signature.ts'
import type { ValueInfo } from './value-info.ts'

const float = (name: string, ...shape: (number | string)[]): ValueInfo => ({ name, type: 'float32', shape })
const matrix: Wanted = { features: ['a', 'b', 'c'], window: 1, outputs: 2 }
const series: Wanted = { features: ['a', 'b', 'c'], window: 5, outputs: 1 }

for (const [what, input, output, wanted, expected] of [
  ['a matrix', float('x', 'N', 3), float('y', 'N', 2), matrix, { rowShape: [3], oneByOne: false }],
  ['a matrix of nameless dimensions', float('x', '', ''), float('y', '', ''), matrix, { rowShape: [3], oneByOne: false }],
  ['one row at a time', float('x', 1, 3), float('y', 1, 2), matrix, { rowShape: [3], oneByOne: true }],
  ['a window', float('x', 'N', 5, 3), float('y', 'N', 1), series, { rowShape: [5, 3], oneByOne: false }],
  ['a window of free length', float('x', 'N', 'T', 3), float('y', 'N'), series, { rowShape: [5, 3], oneByOne: false }],
  ['a window of one', float('x', 'N', 1, 3), float('y', 'N', 2), matrix, { rowShape: [1, 3], oneByOne: false }],
  ['one column for two classes', float('x', 'N', 3), float('y', 'N', 1), matrix, { rowShape: [3], oneByOne: false }],
  ['a vector for two classes', float('x', 'N', 3), float('y', 'N'), matrix, { rowShape: [3], oneByOne: false }],
  ['an output whose shape the graph does not tell', float('x', 'N', 3), float('y'), matrix, { rowShape: [3], oneByOne: false }],
] as const) {
  test(`${what} is taken as it is`, () => {
    const { rowShape, oneByOne } = expected
    const inputs = [{ name: 'x', type: 'float32', rowShape, window: wanted.window }]
    assert.deepEqual(signatureOf([input], [output], wanted), { inputs, oneByOne, output: 'y' })
  })
}

test('float64 in and out is taken, and the only float output found beside others', () => {
  const outputs = [
    { name: 'label', type: 'int64', shape: ['N'] },
    { name: 'p', type: 'float64', shape: ['N', 2] },
  ]
  const got = signatureOf([{ name: 'x', type: 'float64', shape: ['N', 3] }], outputs, matrix)
  assert.deepEqual([got.inputs[0]?.type, got.output], ['float64', 'p'])
})

for (const [what, input, output, wanted, says] of [
  ['a vector', float('x', 'N'), float('y', 'N', 2), matrix, /float32\[N\], the manifest describes \[rows, 3\]/],
  ['four dimensions', float('x', 'N', 1, 1, 3), float('y', 'N', 2), matrix, /describes \[rows, 3\]/],
  ['a window where the manifest has none', float('x', 'N', 5, 3), float('y', 'N', 2), matrix, /inputs\.window in model\.yaml to 5/],
  ['no window where the manifest has one', float('x', 'N', 15), float('y', 'N', 1), series, /\[rows, 5, 3\]/],
  ['other columns', float('x', 'N', 4), float('y', 'N', 2), matrix, /3 names, the graph has 4 columns/],
  ['outputs of three dimensions', float('x', 'N', 3), float('y', 'N', 1, 2), matrix, /needs 2 values per row/],
  ['two columns for one value', float('x', 'N', 3), float('y', 'N', 2), { ...matrix, outputs: 1 }, /needs 1 value per row/],
  ['one column for three classes', float('x', 'N', 3), float('y', 'N', 1), { ...matrix, outputs: 3 }, /needs 3 values/],
  ['a sequence', float('x', 'N', 3), { name: 'y' }, matrix, /sequence or a map.*zipmap=False/],
  ['an input that is no tensor', { name: 'x' }, float('y', 'N', 2), matrix, /not a tensor/],
] as const) {
  test(`${what}: refused with what to do`, () => {
    assert.throws(() => signatureOf([input], [output], wanted), { name: 'ServingError', message: says })
  })
}

test('no inputs and no outputs are refused', () => {
  assert.throws(() => signatureOf([], [float('y', 'N', 2)], matrix), /takes 0 inputs/)
  assert.throws(() => signatureOf([float('x', 'N', 3)], [], matrix), /no float tensor/)
})

test('whole numbers are an amount where one value is wanted and they are chosen', () => {
  const outputs = [float('y', 'N', 1), { name: 'ticks', type: 'int32', shape: ['N', 1] }]
  assert.equal(signatureOf([float('x', 'N', 3)], outputs, { ...matrix, outputs: 1, tensor: 'ticks' }).output, 'ticks')
  assert.equal(signatureOf([float('x', 'N', 3)], outputs, { ...matrix, outputs: 1 }).output, 'y')
  assert.throws(() => signatureOf([float('x', 'N', 3)], outputs, { ...matrix, tensor: 'ticks' }), /int32, a label and no probability/)
  assert.throws(() => signatureOf([float('x', 'N', 3)], outputs.slice(1), { ...matrix, outputs: 1 }), /only "ticks".*output\.tensor/)
})

test('a graph of which any input takes one row at a time is run row by row', () => {
  const wanted = { ...matrix, features: ['a', 'b'] }
  assert.equal(signatureOf([float('a', 'N', 1), float('b', 1, 1)], [float('y', 'N', 2)], wanted).oneByOne, true)
  assert.throws(() => signatureOf([float('a', 'N', 1), float('b', 2, 1)], [float('y', 'N', 2)], wanted), /takes exactly 2 rows/)
})
