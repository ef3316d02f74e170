import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leafIndices } from '../../../src/trees/leaf-indices.ts'
import { exactContributions } from '../../../src/trees/shap/exact.ts'
import { compileExplanations } from '../../../src/trees/shap/compile-explanations.ts'
import { instantiateExplainer } from '../../../src/trees/shap/explainer.ts'
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

/** What the server explains by: within 1e-10 of LightGBM's contributions, and sums within 1e-12 of the raw scores, each of the largest number of the row. */
function checkExplainers(models: readonly ExplainedModel[]): { readonly checked: number; readonly worst: number; readonly worstSum: number } {
  let [checked, worst, worstSum] = [0, 0, 0]
  for (const { name, ensemble, explained } of models) {
    const compiled = compileExplanations(ensemble)
    assert.equal(compiled === undefined, explained.length === 0, name)
    if (compiled === undefined) continue
    const explainer = instantiateExplainer(compiled)
    explained.forEach(({ row, raw, contributions }, i) => {
      const out = new Float64Array(contributions.length)
      explainer.contributions(row, out)
      const largest = [...contributions, ...raw].reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const error = out.reduce((most, value, at) => Math.max(most, Math.abs(value - contributions[at]!)), 0) / largest
      const width = ensemble.inputs + 1
      const sumError =
        raw.reduce((most, score, k) => Math.max(most, Math.abs(out.subarray(k * width, (k + 1) * width).reduce((a, b) => a + b) - score)), 0) / largest
      assert.ok(error <= 1e-10, `${name}, row ${i}: ${error} away from LightGBM`)
      assert.ok(sumError <= 1e-12, `${name}, row ${i}: the sum is ${sumError} away from the raw score`)
      worst = Math.max(worst, error)
      worstSum = Math.max(worstSum, sumError)
    })
    checked += explained.length * explained[0]!.contributions.length
  }
  return { checked, worst, worstSum }
}

test('every row of the zoo falls into the leaves that LightGBM says', (t) => {
  t.diagnostic(`${checkLeaves(zoo)} leaves`)
})

test('the exact contributions are LightGBM its own, bit for bit', (t) => {
  const checked = checkExact(zoo)
  assert.ok(checked > 10_000)
  t.diagnostic(`${checked} contributions`)
})

test('the explainer gives LightGBM its contributions, and they add up to the raw scores', (t) => {
  const { checked, worst, worstSum } = checkExplainers(zoo)
  assert.ok(checked > 10_000)
  t.diagnostic(`${checked} contributions within ${worst.toExponential(1)} of the row's largest, sums within ${worstSum.toExponential(1)}`)
})

test('leaves and contributions of a zoo trained now, with another seed, agree as well', (t) => {
  withFreshZoo(t, { folder: import.meta.dirname, additions: ['make-explanations.py'], modules: ['lightgbm', 'pandas'] }, (folder) => {
    const models = readExplanations(folder)
    assert.equal(models.length, zoo.length)
    checkLeaves(models)
    checkExact(models)
    checkExplainers(models)
  })
})
