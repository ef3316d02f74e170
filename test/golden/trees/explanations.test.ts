import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leafIndices } from '../../../src/trees/leaf-indices.ts'
import { exactContributions } from '../../../src/trees/shap/exact.ts'
import { withFreshZoo } from './fresh-zoo.ts'
import { type ExplainedModel, readExplanations } from './read-explanations.ts'

const zoo = readExplanations()

function checkLeaves(models: readonly ExplainedModel[]): number {
  let checked = 0
  for (const { name, ensemble, rows, leaves } of models) {
    const found = new Int32Array(ensemble.trees)
    rows.forEach((row, r) => {
      leafIndices(ensemble, row, found)
      assert.deepEqual([...found], [...leaves.subarray(r * ensemble.trees, (r + 1) * ensemble.trees)], `${name}, row ${r}`)
    })
    checked += rows.length * ensemble.trees
  }
  return checked
}

function checkExact(models: readonly ExplainedModel[]): number {
  let checked = 0
  for (const { name, ensemble, explained } of models) {
    if (explained.length === 0) continue
    const explain = exactContributions(ensemble)
    explained.forEach(({ row, contributions }, i) => {
      const out = new Float64Array(contributions.length)
      explain(row, out)
      const different = out.findIndex((value, at) => !Object.is(value, contributions[at]))
      assert.equal(different, -1, `${name}, row ${i}: value ${different} is ${out[different]}, LightGBM says ${contributions[different]}`)
    })
    checked += explained.length * explained[0]!.contributions.length
  }
  return checked
}

test('every row of the zoo falls into the leaves that LightGBM says', (t) => {
  t.diagnostic(`${checkLeaves(zoo)} leaves`)
})

test('the exact contributions are LightGBM its own, bit for bit', (t) => {
  const checked = checkExact(zoo)
  assert.ok(checked > 10_000)
  t.diagnostic(`${checked} contributions`)
})

test('leaves and contributions of a zoo trained now, with another seed, agree as well', (t) => {
  withFreshZoo(t, { folder: import.meta.dirname, additions: ['make-explanations.py'], modules: ['lightgbm', 'pandas'] }, (folder) => {
    const models = readExplanations(folder)
    assert.equal(models.length, zoo.length)
    checkLeaves(models)
    checkExact(models)
  })
})
