import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomEnsemble } from './arbitrary-ensemble.test-data.ts'
import type { Ensemble } from './ensemble.ts'
import { interpretRaw } from './interpret.ts'
import { singleValued } from './single-valued.ts'

const shape = { trees: 9, leaves: 20, inputs: 4, outputs: 3, categorical: 1, missingTypes: 3, spread: 40, seed: 5 }

function scores(ensemble: Ensemble, row: Float64Array): Float64Array {
  const out = new Float64Array(ensemble.outputs)
  interpretRaw(ensemble, row, out)
  return out
}

test('outputs that share trees score the same with trees of their own, whose cover is that of the shared ones', () => {
  const shared = randomEnsemble({ ...shape, shared: true })
  const own = singleValued(shared)
  assert.deepEqual([shared.leafWidth, shared.trees, own.leafWidth, own.trees], [3, 9, 1, 27])
  for (const value of [NaN, -3, 0, 2.25, 33]) assert.deepEqual(scores(own, new Float64Array(4).fill(value)), scores(shared, new Float64Array(4).fill(value)))
  assert.equal(own.cover!.node.length, own.feature.length)
  assert.equal(own.cover!.leaf.length, own.leafValue.length)
  for (let t = 0; t < own.trees; t++) assert.equal(own.cover!.node[own.nodeOffset[t]!], shared.cover!.node[shared.nodeOffset[Math.floor(t / 3)]!])
})

test('an ensemble of single values is left as it is', () => {
  const ensemble = randomEnsemble(shape)
  assert.equal(singleValued(ensemble), ensemble)
})
