import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withFreshZoo } from './fresh-zoo.ts'
import { readZoo, type ZooModel } from './read-zoo.ts'
import { ulpsBetween } from '../../../src/trees/adjacent-doubles.ts'
import { compileForest, type CompileOptions } from '../../../src/trees/compile.ts'
import { instantiateForest, type Evaluator } from '../../../src/trees/evaluator.ts'
import { parseLightGbm } from '../../../src/trees/lightgbm.ts'

const zoo = readZoo()
const ways: readonly CompileOptions[] = [{ engine: 'interpreter' }, { engine: 'bit-slab' }, { engine: 'bit-slab', relaxedSimd: false }]

function evaluate(model: ZooModel, answer: Evaluator['predict']): Float64Array {
  const all = new Float64Array(model.rows.length * model.outputs)
  model.rows.forEach((row, r) => answer(row, all.subarray(r * model.outputs, (r + 1) * model.outputs)))
  return all
}

/** How far an evaluator is from LightGBM: raw scores that differ in a bit, and the largest distance of a prediction. */
function distance(model: ZooModel, evaluator: Evaluator): { rawDifferent: number; ulps: number } {
  const raw = evaluate(model, evaluator.predictRaw)
  const predicted = evaluate(model, evaluator.predict)
  return {
    rawDifferent: raw.filter((value, i) => !Object.is(value, model.raw[i])).length,
    ulps: predicted.reduce((most, value, i) => Math.max(most, ulpsBetween(value, model.predicted[i]!)), 0),
  }
}

function checkZoo(models: readonly ZooModel[]): { slabs: number; ulps: number } {
  let slabs = 0
  let largest = 0
  for (const model of models) {
    const ensemble = parseLightGbm(model.text)
    for (const options of ways) {
      const evaluator = instantiateForest(compileForest(ensemble, options))
      const { rawDifferent, ulps } = distance(model, evaluator)
      assert.equal(rawDifferent, 0, `${model.name}, ${evaluator.name}: raw scores differ`)
      assert.ok(ulps <= 4, `${model.name}, ${evaluator.name}: a prediction is ${ulps} ulp away`)
      slabs += evaluator.name === 'bit-slab' ? 1 : 0
      largest = Math.max(largest, ulps)
    }
  }
  return { slabs, ulps: largest }
}

test('every model of the zoo gives LightGBM its raw scores bit for bit and its predictions within 4 ulp, in every evaluator', (t) => {
  const { slabs, ulps } = checkZoo(zoo)
  assert.ok(zoo.length >= 50)
  assert.equal(slabs, 2 * (zoo.length - 2), 'all but the two models with linear leaves run on the kernel')
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
  withFreshZoo(t, [], (folder) => {
    const models = readZoo(folder)
    assert.equal(models.length, zoo.length)
    checkZoo(models)
  })
})
