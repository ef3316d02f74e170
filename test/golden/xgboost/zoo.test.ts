import assert from 'node:assert/strict'
import { test } from 'node:test'
import { floatUlpsBetween } from '../../../src/trees/adjacent-floats.ts'
import { nodeFlag } from '../../../src/trees/ensemble.ts'
import { parseXgBoostJson, parseXgBoostUbj } from '../../../src/trees/xgboost.ts'
import { checkZoo, type ParsedModel, type ZooDistance, ways } from '../trees/check-zoo.ts'
import { withFreshZoo } from '../trees/fresh-zoo.ts'
import { readXgBoostZoo, type XgBoostModel } from './read-xgboost-zoo.ts'

const zoo = readXgBoostZoo()

function parsed(models: readonly XgBoostModel[]): readonly ParsedModel[] {
  return models.map((model) => {
    const ensemble = parseXgBoostJson(model.text)
    assert.deepEqual(parseXgBoostUbj(model.packed), ensemble, `${model.name}: the two encodings say the same`)
    return { ...model, ensemble }
  })
}

const check = (models: readonly XgBoostModel[]): ZooDistance => checkZoo(parsed(models), floatUlpsBetween)

test('every model of the zoo, in both encodings, gives XGBoost its raw scores bit for bit and its predictions within 4 ulp, in every evaluator', (t) => {
  const { runs, ulps } = check(zoo)
  assert.ok(zoo.length >= 60)
  assert.deepEqual([runs['interpreter'], runs['bit-slab']], [zoo.length, 2 * zoo.length], 'all models run on the kernels')
  assert.equal(runs['bt4']! + runs['wide']!, 3 * zoo.length, 'the wide kernel takes categories and columns that BT4 does not')
  assert.ok(runs['bt4']! > zoo.length)
  assert.equal(runs['tournament'], ways.length * zoo.length, 'many rows go through their own kernel')
  assert.ok(zoo.every(({ rows }) => rows.length === 200))
  t.diagnostic(`${zoo.length} models, largest distance ${ulps} ulp`)
})

test('the zoo reaches what it is there for', () => {
  const all = parsed(zoo).map(({ ensemble }) => ensemble)
  const has = (what: string, found: boolean): void => assert.ok(found, what)
  const transforms = new Set(all.map(({ transform }) => transform.kind))
  assert.deepEqual([...transforms].sort(), ['exponential', 'identity', 'sigmoid', 'softmax', 'step'])
  const flags = new Set(all.flatMap((ensemble) => [...ensemble.flags]))
  for (const flag of [8, 10, 1, 3]) has(`flags ${flag}: numeric and categorical, default side left and right`, flags.has(flag))
  has(
    'a threshold that nothing is below',
    zoo.some(({ text }) => text.includes('-Infinity')),
  )
  has(
    'deleted nodes',
    zoo.some(({ text }) => /"num_deleted":"[1-9]/.test(text)),
  )
  has(
    'a base score for each output',
    all.some(({ base }) => new Set(base).size > 2),
  )
  has(
    'category names',
    all.some(({ pandasCategories }) => pandasCategories?.length === 3),
  )
  has(
    'weights of every node',
    all.every(({ cover, flags: nodes }) => cover?.node.length === nodes.length),
  )
  has(
    'categories in numbers',
    all.some((ensemble) => ensemble.flags.some((flag, i) => (flag & nodeFlag.categorical) !== 0 && ensemble.threshold[i]! > 50)),
  )
  const values = zoo.flatMap(({ rows }) => rows.flatMap((row) => [...row]))
  for (const special of [NaN, Infinity, -Infinity, -0, 2 ** -149, 1e300, 16777217, -0.5])
    has(
      `rows hold ${special}`,
      values.some((value) => Object.is(value, special)),
    )
})

test('a zoo trained now, with another seed, agrees as well', (t) => {
  withFreshZoo(t, { folder: import.meta.dirname, additions: [], modules: ['xgboost', 'pandas'] }, (folder) => {
    const models = readXgBoostZoo(folder)
    assert.equal(models.length, zoo.length)
    check(models)
  })
})
