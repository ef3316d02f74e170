import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inputTensors } from './input-tensors.ts'
import { toTensors } from './to-tensors.ts'

const columns = ['a', 'b', 'c', 'd']

/** Which columns go into which of three inputs, how many vectors each takes, and rows. */
const cases = fc
  .record({
    window: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 0, max: 5 }),
    order: fc.shuffledSubarray(columns, { minLength: 4, maxLength: 4 }),
  })
  .chain(({ window, count, order }) =>
    fc.record({
      window: fc.constant(window),
      count: fc.constant(count),
      cuts: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.constant(3)),
      order: fc.constant(order),
      windows: fc.array(fc.integer({ min: 1, max: window }), { minLength: 3, maxLength: 3 }),
      rows: fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 4 * window * count, maxLength: 4 * window * count }),
    }),
  )

test('every value of a row arrives where the manifest sends it, as the type that the graph takes', () => {
  fc.assert(
    fc.property(cases, ({ window, count, cuts: [first, second], order, windows, rows }) => {
      const parts = [order.slice(0, first), order.slice(first, second), order.slice(second)]
      const tensors = parts.map((features, at) => ({ name: `input ${at}`, features, window: windows[at] as number }))
      const graph = tensors.map(({ name, features, window: vectors }, at) => {
        const type = ['float32', 'float64', 'int64'][at] as string
        return { name, type, shape: ['', vectors, features.length] }
      })
      const layout = { features: columns, window, inputs: inputTensors(graph, { features: columns, window, tensors }) }
      const made = toTensors(Float64Array.from(rows), count, layout)
      for (const [at, { name, features, window: vectors }] of tensors.entries()) {
        const { name: got, shape, data } = made[at] as (typeof made)[number]
        assert.deepEqual([got, shape], [name, [count, vectors, features.length]])
        const expected = Array.from({ length: count }, (_, row) =>
          Array.from({ length: vectors }, (__, vector) => features.map((id) => rows[(row * window + window - vectors + vector) * 4 + columns.indexOf(id)])),
        ).flat(2)
        assert.deepEqual(Array.from(data, Number), expected)
      }
    }),
  )
})

test('rows that one float64 input takes as they are go without a copy', () => {
  const rows = Float64Array.of(1, 2, 3, 4)
  const inputs = inputTensors([{ name: 'x', type: 'float64', shape: ['N', 4] }], { features: columns, window: 1 })
  assert.equal(toTensors(rows, 1, { features: columns, window: 1, inputs })[0]?.data, rows)
})

for (const [shape, window, expected] of [
  [['N'], 1, []],
  [['N', 1], 1, [1]],
  [['N', 1, 1], 1, [1, 1]],
  [['N', 5], 5, [5]],
  [['N', 'T', 1], 5, [5, 1]],
] as const) {
  test(`one column of ${window} vectors is taken as [${shape.join(', ')}]`, () => {
    const [input] = inputTensors([{ name: 'x', type: 'int64', shape }], { features: ['a'], window })
    assert.deepEqual(input?.rowShape, expected)
  })
}

test('more inputs than a frame carries are refused', () => {
  const graph = Array.from({ length: 65 }, (_, at) => ({ name: `x${at}`, type: 'float32', shape: ['N', 1] }))
  assert.throws(() => inputTensors(graph, { features: graph.map(({ name }) => name), window: 1 }), /65 inputs; at most 64/)
})
