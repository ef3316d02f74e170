import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as assertProperty, double, property } from 'fast-check'
import { ensembleShapes, randomEnsemble } from './arbitrary-ensemble.test-data.ts'
import { columnCapacity, quantise, rankOf } from './quantise.ts'

test('x <= threshold is rank(x) <= rank of the threshold, for every node and every number', () => {
  assertProperty(
    property(ensembleShapes, array(double({ noNaN: true }), { minLength: 1, maxLength: 20 }), (shape, numbers) => {
      const ensemble = randomEnsemble(shape)
      const { columns, nodeColumn, nodeRank } = quantise(ensemble)
      for (let node = 0; node < nodeColumn.length; node++) {
        if (nodeColumn[node]! < 0) continue
        const { thresholds, feature } = columns[nodeColumn[node]!]!
        const threshold = ensemble.threshold[node]!
        assert.equal(thresholds[nodeRank[node]!], threshold)
        assert.equal(feature, ensemble.feature[node])
        for (const x of [...numbers, threshold, Infinity, -Infinity]) assert.equal(rankOf(thresholds, x) <= nodeRank[node]!, x <= threshold)
      }
    }),
    { numRuns: 30 },
  )
})

test('a column holds sorted distinct thresholds, no more than a byte can rank, and the most used column comes first', () => {
  const ensemble = randomEnsemble({ trees: 40, leaves: 120, inputs: 3, outputs: 1, categorical: 0, missingTypes: 2, spread: 100_000, seed: 5 })
  const { columns, nodeColumn } = quantise(ensemble)
  assert.ok(columns.length > 6, 'features with many thresholds have several columns')
  for (const { thresholds } of columns) {
    assert.ok(thresholds.length >= 1 && thresholds.length <= columnCapacity)
    assert.ok(thresholds.every((value, i) => i === 0 || value > thresholds[i - 1]!))
  }
  const uses = columns.map((_, column) => nodeColumn.filter((value) => value === column).length)
  assert.deepEqual(
    uses,
    uses.toSorted((a, b) => b - a),
  )
})

test('categorical nodes have no column', () => {
  const ensemble = randomEnsemble({ trees: 3, leaves: 20, inputs: 1, outputs: 1, categorical: 1, missingTypes: 1, spread: 5, seed: 9 })
  assert.ok(quantise(ensemble).nodeColumn.every((column) => column === -1))
})
