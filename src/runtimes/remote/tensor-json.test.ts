import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Endpoint } from './endpoint.ts'
import { answerValues, requestBody } from './tensor-json.ts'

const endpoint: Endpoint = { url: new URL('http://x'), model: 'm', input: { name: 'x', datatype: 'FP64' }, output: { name: 'p', datatype: 'FP64' } }
const parts = { endpoint, sizes: { features: 3, window: 1, outputs: 2 } }
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))

test('finite values reach the server to the bit, and come back to the bit', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(finite, finite, finite), { minLength: 1, maxLength: 20 }), (rows) => {
      const sent = JSON.parse(requestBody(Float64Array.from(rows.flat()), rows.length, parts)) as { inputs: [{ data: number[] }] }
      assert.deepEqual(sent.inputs[0].data, rows.flat())
      const pairs = rows.flatMap(([a, b]) => [a, b])
      const text = JSON.stringify({ model_name: 'm', outputs: [{ name: 'p', datatype: 'FP64', shape: [rows.length, 2], data: pairs }] })
      assert.deepEqual([...answerValues(text, rows.length, parts).values], pairs)
    }),
  )
})

const answerOf = (shape: readonly number[], data: unknown): string =>
  JSON.stringify({ model_name: 'm', outputs: [{ name: 'p', datatype: 'FP64', shape, data }] })

test('values may be nested by their shape, as the protocol lets a server write them', () => {
  for (const [shape, data, wanted] of [
    [
      [2, 2],
      [
        [0.1, 0.9],
        [0.2, 0.8],
      ],
      [0.1, 0.9, 0.2, 0.8],
    ],
    [
      [2, 1],
      [[0.9], [0.8]],
      [0.9, 0.8],
    ],
    [
      [2, 2],
      [
        [0.1, null],
        [0.2, 0.8],
      ],
      [0.1, Number.NaN, 0.2, 0.8],
    ],
  ] as const)
    assert.deepEqual([...answerValues(answerOf(shape, data), 2, parts).values], wanted)
})

for (const [what, shape, data, message] of [
  ['too few rows', [2, 2], [[0.1, 0.9]], /nests its values otherwise than the shape \[2, 2\]$/],
  ['rows of other lengths', [2, 2], [[0.1, 0.9, 0.2], [0.8]], /nests its values otherwise/],
  ['numbers beside rows', [2, 2], [[0.1, 0.9], 0.2, 0.8], /nests its values otherwise/],
  ['rows behind numbers', [2, 2], [0.1, 0.9, [0.2], 0.8], /has a value that is no number$/],
  [
    'deeper nesting',
    [2, 2],
    [
      [[0.1], [0.9]],
      [[0.2], [0.8]],
    ],
    /has a value that is no number$/,
  ],
  ['nesting where there is one dimension', [2], [[0.1], [0.9]], /has a value that is no number$/],
] as const)
  test(`an answer of ${what} is refused`, () => {
    assert.throws(() => answerValues(answerOf(shape, data), 2, parts), { code: 'model_output_invalid', message })
  })

test('an answer that nests without end is refused', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  assert.throws(() => answerValues(answerOf([2, 2], 'deep').replace('"deep"', deep), 2, parts), { code: 'model_output_invalid' })
})

/** The right answer with one value somewhere replaced by anything. */
const damaged = fc
  .record({
    path: fc.constantFrom(
      'model_name',
      'model_version',
      'outputs',
      'outputs.0',
      'outputs.0.name',
      'outputs.0.datatype',
      'outputs.0.shape',
      'outputs.0.shape.0',
      'outputs.0.shape.1',
      'outputs.0.data',
      'outputs.0.data.3',
    ),
    value: fc.jsonValue(),
  })
  .map(({ path, value }) => {
    const answer = { model_name: 'm', model_version: '1', outputs: [{ name: 'p', datatype: 'FP64', shape: [2, 2], data: [0.1, 0.9, 0.2, 0.8] }] }
    const keys = path.split('.')
    const last = keys.pop() as string
    const holder = keys.reduce<Record<string, unknown>>((above, key) => above[key] as Record<string, unknown>, answer)
    holder[last] = value
    return JSON.stringify(answer)
  })

test('anything that a server may send is refused as model_output_invalid, or is two numbers for each row', () => {
  let [taken, refused] = [0, 0]
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), { arbitrary: damaged, weight: 5 }), (text) => {
      try {
        const { values, columns } = answerValues(text, 2, parts)
        assert.equal(values.length, 2 * columns)
        taken += 1
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'model_output_invalid', String(error))
        refused += 1
      }
    }),
    { numRuns: 5_000 },
  )
  assert.ok(taken > 50 && refused > 500, `${taken} taken, ${refused} refused`)
})
