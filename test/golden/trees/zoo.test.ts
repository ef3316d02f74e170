import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkZoo, ways, type ZooDistance } from './check-zoo.ts'
import { withFreshZoo } from './fresh-zoo.ts'
import { readZoo, type ZooModel } from './read-zoo.ts'
import { ulpsBetween } from '../../../src/trees/adjacent-doubles.ts'
import { parseLightGbm } from '../../../src/trees/lightgbm.ts'

const zoo = readZoo()
const checkModels = (models: readonly ZooModel[]): ZooDistance =>
  checkZoo(
    models.map((model) => ({ ...model, ensemble: parseLightGbm(model.text) })),
    ulpsBetween,
  )

test('every model of the zoo gives LightGBM its raw scores bit for bit and its predictions within 4 ulp, in every evaluator', (t) => {
  const { runs, ulps } = checkModels(zoo)
  assert.ok(zoo.length >= 50)
  const kernels = zoo.length - 2
  assert.deepEqual(
    [runs['interpreter'], runs['bit-slab']],
    [zoo.length + (ways.length - 1) * 2, 2 * kernels],
    'all but the two models with linear leaves run on the kernels',
  )
  assert.equal(runs['bt4']! + runs['wide']!, 3 * kernels, 'the wide kernel takes categories and columns that BT4 does not')
  assert.ok(runs['bt4']! > kernels)
  assert.equal(runs['tournament'], ways.length * kernels, 'many rows go through their own kernel')
  assert.ok(zoo.every(({ rows }) => rows.length === 200))
  t.diagnostic(`${zoo.length} models, largest distance ${ulps} ulp`)
})

test('the zoo reaches what it is there for', () => {
  const all = zoo.map(({ text }) => parseLightGbm(text))
  const transforms = new Set(all.map(({ transform }) => transform.kind))
  assert.deepEqual([...transforms].sort(), ['exponential', 'identity', 'log1p-exponential', 'sigmoid', 'signed-square', 'softmax'])
  const flags = new Set(all.flatMap((ensemble) => [...ensemble.flags]))
  for (const type of [0, 1, 2])
    for (const left of [0, 2]) assert.ok(type === 0 && left === 0 ? true : flags.has((type << 2) | left), `missing type ${type}, default left ${left}`)
  assert.ok(flags.has(1) || flags.has(9), 'categorical splits')
  assert.ok(
    all.some(({ threshold }) => threshold.includes(Infinity)),
    'a split of NaN against the rest',
  )
  assert.ok(
    all.some(({ average }) => average) && all.some(({ linear }) => linear !== undefined) && all.some(({ pandasCategories }) => pandasCategories !== undefined),
  )
  const values = zoo.flatMap(({ rows }) => rows.flatMap((row) => [...row]))
  for (const special of [NaN, Infinity, -Infinity, -0, 5e-324, 1.7e308])
    assert.ok(
      values.some((value) => Object.is(value, special)),
      `rows hold ${special}`,
    )
})

test('a zoo trained now, with another seed, agrees as well', (t) => {
  withFreshZoo(t, { folder: import.meta.dirname, additions: [], modules: ['lightgbm', 'pandas'] }, (folder) => {
    const models = readZoo(folder)
    assert.equal(models.length, zoo.length)
    checkModels(models)
  })
})
