import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeModel, modelPath, within } from '../../../test/golden/onnx/model-under-test.ts'
import type { OnnxSpec } from './onnx-model.ts'

const example = (name: string): string => new URL(`../../../examples/models/${name}/model.onnx`, import.meta.url).pathname

const bySide = [
  { name: 'prices', features: ['column 3', 'column 0'] },
  { name: 'now', features: ['column 1', 'column 2'], window: 1 },
]
const byKind = [
  { name: 'amounts', features: ['column 0', 'column 2'] },
  { name: 'regime', features: ['column 1'] },
]

const models: readonly (Partial<OnnxSpec> & { name: string; inputs: number; outputs: number; largest: number; whole?: number })[] = [
  { name: 'the LSTM example', path: example('lstm_momentum_v1/1.2.3'), tensor: 'probabilities', inputs: 9, window: 60, outputs: 2, largest: 64 },
  { name: 'the baseline example', path: example('baseline/1.0.0'), tensor: 'probabilities', inputs: 12, window: 1, outputs: 2, largest: 64 },
  { name: 'a small LSTM', path: modelPath('lstm'), inputs: 3, window: 5, outputs: 1, largest: 64 },
  { name: 'a matrix product in float64', path: modelPath('softmax-double'), inputs: 4, window: 1, outputs: 3, largest: 64 },
  { name: 'a sequence beside the newest vector', path: modelPath('sequence-and-static'), inputs: 4, window: 5, outputs: 1, largest: 64, tensors: bySide },
  { name: 'whole numbers as categories', path: modelPath('categories'), inputs: 3, window: 1, outputs: 2, largest: 64, tensors: byKind, whole: 1 },
  { name: 'one input per column', path: modelPath('column-each'), tensor: 'probabilities', inputs: 3, window: 1, outputs: 2, largest: 64 },
  { name: 'an output of whole numbers', path: modelPath('several-outputs'), tensor: 'ticks', inputs: 2, window: 1, outputs: 1, largest: 64 },
  { name: 'a graph that takes one row only', path: modelPath('lstm-one'), inputs: 3, window: 5, outputs: 1, largest: 1 },
  { name: 'a graph that declares a free batch but takes one row only', path: modelPath('single-row'), inputs: 2, window: 1, outputs: 2, largest: 1 },
]

for (const { name, largest, whole, ...spec } of models) {
  test(`${name}: a row has the same bits in every batch as alone`, async () => {
    await using under = await makeModel(spec)
    const { model } = under
    assert.equal(model.info.shapes.at(-1)?.rows, largest)
    const most = 150
    const rows = Float64Array.from({ length: most * model.inputs }, (_, at) => (whole === at % spec.inputs ? at % 3 : 3 * Math.sin(at * at)))
    const rowsFrom = (start: number, count: number): Float64Array => rows.slice(start * model.inputs, (start + count) * model.inputs)
    const alone = (await Promise.all(Array.from({ length: most }, (_, row) => model.predict(rowsFrom(row, 1), 1, within(60_000))))).flatMap((one) => [...one])
    const batches = fc
      .integer({ min: 1, max: most })
      .chain((count) => fc.record({ count: fc.constant(count), start: fc.integer({ min: 0, max: most - count }) }))
    await fc.assert(
      fc.asyncProperty(batches, async ({ start, count }) => {
        const together = await model.predict(rowsFrom(start, count), count, within(60_000))
        assert.deepEqual([...together], alone.slice(start * model.outputs, (start + count) * model.outputs))
      }),
      { numRuns: 40 },
    )
  })
}
