import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLightGbm } from '../lightgbm.ts'
import { modelText, stump } from '../model-text.test-data.ts'
import { exactContributions } from './exact.ts'

test('a chain of 20,000 leaves is explained: depth takes neither stack nor memory of its square', () => {
  const leaves = 20_000
  const nodes = Array.from({ length: leaves - 1 }, (_, node) => node)
  const chain = stump({
    num_leaves: String(leaves),
    split_feature: nodes.map((node) => node % 2).join(' '),
    threshold: nodes.map(() => 0).join(' '),
    decision_type: nodes.map(() => 2).join(' '),
    left_child: nodes.map((node) => (node === leaves - 2 ? ~node : node + 1)).join(' '),
    right_child: nodes.map((node) => (node === leaves - 2 ? ~(node + 1) : ~node)).join(' '),
    leaf_value: [...nodes, leaves].join(' '),
    internal_count: nodes.map((node) => leaves - node).join(' '),
    leaf_count: Array.from({ length: leaves }, () => 1).join(' '),
  })
  const ensemble = parseLightGbm(modelText([chain]))
  const out = new Float64Array(3)
  exactContributions(ensemble)(Float64Array.of(-1, -1), out)
  const sum = out.reduce((total, part) => total + part)
  assert.ok(Math.abs(sum - (leaves - 2)) < 1e-6 * leaves, `${sum}`)
})
