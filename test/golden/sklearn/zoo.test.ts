import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ulpsBetween } from '../../../src/trees/adjacent-doubles.ts'
import { seenRow } from '../../../src/trees/intake.ts'
import { exactContributions } from '../../../src/trees/shap/exact.ts'
import { parseSklearnTrees } from '../../../src/trees/sklearn.ts'
import { checkZoo, type ParsedModel, ways } from '../trees/check-zoo.ts'
import { withFreshZoo } from '../trees/fresh-zoo.ts'
import { readZoo, type ZooModel } from '../trees/read-zoo.ts'

const scripts = { folder: import.meta.dirname, additions: [], modules: ['sklearn', 'pandas'] }
const parsed = (models: readonly ZooModel[]): readonly ParsedModel[] => models.map((model) => ({ ...model, ensemble: parseSklearnTrees(model.text) }))
const zoo = readZoo(import.meta.dirname)

test('every model of the zoo gives scikit-learn its raw scores bit for bit and its predictions within 4 ulp, in every evaluator', (t) => {
  const models = parsed(zoo)
  const { runs, ulps } = checkZoo(models, ulpsBetween)
  assert.ok(zoo.length >= 50)
  assert.deepEqual([runs['interpreter'], runs['bit-slab']], [zoo.length, 2 * zoo.length], 'all models run on the kernels')
  assert.equal(runs['bt4']! + runs['wide']!, 3 * zoo.length, 'the wide kernel takes categories and columns that BT4 does not')
  assert.ok(runs['bt4']! > zoo.length)
  assert.equal(runs['tournament'], ways.length * zoo.length, 'many rows go through their own kernel')
  assert.ok(zoo.every(({ rows }) => rows.length === 200))
  t.diagnostic(`${zoo.length} models, largest distance ${ulps} ulp`)
})

test('the zoo reaches what it is there for', () => {
  const all = zoo.map(({ text }) => parseSklearnTrees(text))
  assert.deepEqual([...new Set(all.map(({ transform }) => transform.kind))].sort(), ['exponential', 'identity', 'sigmoid', 'softmax'])
  assert.ok(
    all.some(({ transform }) => transform.kind === 'sigmoid' && transform.slope === 2),
    'the exponential loss',
  )
  const flags = new Set(all.flatMap((ensemble) => [...ensemble.flags]))
  assert.deepEqual(
    [...flags].sort((a, b) => a - b),
    [1, 3, 8, 10],
    'categorical and numeric, missing left and right',
  )
  assert.ok(
    all.some(({ threshold }) => threshold.includes(Infinity)),
    'a split of NaN against the rest',
  )
  assert.ok(
    all.some(({ average, outputs }) => average && outputs > 2),
    'leaves with a value for each class',
  )
  assert.ok(
    all.some(({ base }) => base.length > 8 && base.every((first) => first !== 0)),
    'first addends',
  )
  assert.deepEqual(new Set(all.map(({ objective }) => objective.replace(/(Classifier|Regressor)$/, ''))).size, 4)
})

/** How many values of categorical inputs the rows hold, by what they are to the model. */
function categoriesMet({ text, rows }: ZooModel): Map<'known' | 'unknown' | 'missing', number> {
  const { recodings } = parseSklearnTrees(text)
  const met = new Map<'known' | 'unknown' | 'missing', number>()
  for (const row of rows)
    for (const { input } of recodings) {
      const seen = seenRow({ inputs: row.length, roundInputs: false, floorInputs: [], recodings }, row)[input]!
      const kind = Number.isNaN(row[input]) ? 'missing' : Number.isNaN(seen) ? 'unknown' : 'known'
      met.set(kind, (met.get(kind) ?? 0) + 1)
    }
  return met
}

test('rows of the zoo hold missing values, infinities, and categories that training never met', () => {
  const values = zoo.flatMap(({ rows }) => rows.flatMap((row) => [...row]))
  for (const special of [NaN, Infinity, -Infinity, -0, 5e-324, 1.7e308, 1 + 2 ** -30])
    assert.ok(
      values.some((value) => Object.is(value, special)),
      `rows hold ${special}`,
    )
  const categorical = zoo.filter(({ name }) => name.startsWith('categorical'))
  assert.equal(categorical.length, 7)
  for (const model of categorical)
    for (const kind of ['known', 'unknown', 'missing'] as const) assert.ok((categoriesMet(model).get(kind) ?? 0) > 0, `${model.name}: ${kind}`)
})

test('every model has the counts that explanations need: contributions add up to the raw score', () => {
  for (const { name, text, rows, raw } of zoo) {
    const ensemble = parseSklearnTrees(text)
    const { outputs, inputs } = ensemble
    const explain = exactContributions(ensemble)
    const out = new Float64Array(outputs * (inputs + 1))
    for (let r = 0; r < rows.length; r += 20) {
      explain(rows[r]!, out)
      for (let k = 0; k < outputs; k++) {
        const sum = out.subarray(k * (inputs + 1), (k + 1) * (inputs + 1)).reduce((total, value) => total + value, 0)
        const score = raw[r * outputs + k]!
        assert.ok(Math.abs(sum - score) <= 1e-9 * Math.max(1, Math.abs(score)), `${name}, row ${r}: ${sum}, not ${score}`)
      }
    }
  }
})

test('a zoo trained now, with another seed, agrees as well', (t) => {
  withFreshZoo(t, scripts, (folder) => {
    const models = readZoo(folder)
    assert.equal(models.length, zoo.length)
    checkZoo(parsed(models), ulpsBetween)
  })
})
