import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as holds, property } from 'fast-check'
import { ensembleShapes, randomEnsemble } from './arbitrary-ensemble.test-data.ts'
import { leafOf } from './interpret.ts'
import { parseLightGbm } from './lightgbm.ts'
import { modelText, stump } from './model-text.test-data.ts'
import { rowsFromThresholds } from './rows-from-thresholds.ts'

test('made-up rows are as many as asked for, and the same at every call', () => {
  holds(
    property(ensembleShapes, (shape) => {
      const ensemble = randomEnsemble(shape)
      const rows = rowsFromThresholds(ensemble, 7)
      assert.equal(rows.length, 7 * ensemble.inputs)
      assert.deepEqual(rowsFromThresholds(ensemble, 7), rows)
    }),
    { numRuns: 30 },
  )
})

test('made-up rows reach every leaf, and some values are missing', () => {
  const ensemble = parseLightGbm(modelText([stump({ threshold: '0.5' }), stump({ threshold: '1.5' }), stump({ threshold: '2.5' })]))
  const values = rowsFromThresholds(ensemble, 200)
  const rows = Array.from({ length: 200 }, (_, r) => values.subarray(r * ensemble.inputs, (r + 1) * ensemble.inputs))
  for (let t = 0; t < ensemble.trees; t++) assert.equal(new Set(rows.map((row) => leafOf(ensemble, t, row))).size, 2)
  assert.ok(values.some(Number.isNaN))
})
