import assert from 'node:assert/strict'
import { test } from 'node:test'
import { floatUlpsBetween } from './adjacent-floats.ts'
import { compileForest } from './compile.ts'
import type { Ensemble } from './ensemble.ts'
import { instantiateForest } from './evaluator.ts'
import { parseXgBoostJson, parseXgBoostUbj } from './xgboost.ts'
import { booster, byCategory, changed, jsonOf, leaf, modelOf, stump, ubjsonOf, type Draft } from './xgboost-model.test-data.ts'

function parse(draft: Draft): Ensemble {
  const ensemble = parseXgBoostJson(jsonOf(draft))
  assert.deepEqual(parseXgBoostUbj(ubjsonOf(draft)), ensemble)
  return ensemble
}

/** What the kernel and the interpreter, which must agree, answer for a row. */
function answers(draft: Draft, row: readonly number[] = [0, 0]): { raw: number[]; predicted: number[] } {
  const ensemble = parse(draft)
  const both = (['interpreter', 'bit-slab'] as const).map((engine) => {
    const evaluator = instantiateForest(compileForest(ensemble, { engine }))
    const [raw, predicted] = [new Float64Array(ensemble.outputs), new Float64Array(ensemble.outputs)]
    evaluator.predictRaw(Float64Array.from(row), raw)
    evaluator.predict(Float64Array.from(row), predicted)
    return { raw: [...raw], predicted: [...predicted] }
  })
  assert.deepEqual(both[0], both[1])
  return both[0]!
}
const side = (changes: Draft, x: number): string => (answers(modelOf([stump(changes)]), [x, 0]).raw[0] === 1 ? 'left' : 'right')
const sides = (changes: Draft, ...values: number[]): string[] => values.map((x) => side(changes, x))
const at = (condition: number): Draft => ({ split_conditions: Float32Array.of(condition, 1, 2) })
const toTheRight: Draft = { default_left: Uint8Array.of(0, 0, 0) }
const scores = (learner: Draft, ...trees: Draft[]): number[] => answers(modelOf(trees, learner)).raw
const baseOf = (baseScore: string, name: string): number => scores({ learner_model_param: { base_score: baseScore }, objective: { name } }, leaf(0))[0]!
const classes = (count: number): Draft => ({ learner_model_param: { num_class: String(count) }, objective: { name: 'multi:softprob' } })

test('a numeric split sends values below its threshold left, its threshold right', () => {
  assert.deepEqual(sides({}, -Infinity, 0.4, 0.4999999701976776, 0.5, Infinity), ['left', 'left', 'left', 'right', 'right'])
})

test('inputs are rounded to float32 before they are compared', () => {
  assert.deepEqual(sides({}, 0.49999999, 0.4999999), ['right', 'left'])
  assert.deepEqual(sides(at(Infinity), 1e38, 1e39, Infinity), ['left', 'right', 'right'])
})

test('a missing value goes to the default side', () => {
  assert.deepEqual([side({}, NaN), side(toTheRight, NaN)], ['left', 'right'])
})

test('zero has one threshold, whatever its sign, and denormal numbers are below and above it', () => {
  for (const zero of [0, -0]) assert.deepEqual(sides(at(zero), -(2 ** -149), -0, 0), ['left', 'right', 'right'])
})

test('nothing is below -Infinity, but a missing value may go left', () => {
  assert.deepEqual(sides(at(-Infinity), -Infinity, -1e300, 0, NaN), ['right', 'right', 'right', 'left'])
  assert.equal(side({ ...at(-Infinity), ...toTheRight }, NaN), 'right')
})

test('listed categories go right, all others left: unlisted, negative, beyond any category', () => {
  const set = byCategory(0, 3, 40)
  assert.deepEqual(sides(set, 0, 3, 40, 3.9, -0), ['right', 'right', 'right', 'right', 'right'])
  assert.deepEqual(
    sides(set, 1, 41, 64, -1, 16777216, 1e30, Infinity, -Infinity),
    Array.from({ length: 8 }, () => 'left'),
  )
  assert.deepEqual(sides(set, -0.5, -0.999), ['left', 'left'], 'between -1 and 0 lies no category')
  assert.deepEqual([side(set, NaN), side({ ...set, ...toTheRight }, NaN)], ['left', 'right'])
})

test('scores are added in float32, from the base score on, in the order of the file', () => {
  const step = 2 ** -24
  assert.deepEqual(scores({ learner_model_param: { base_score: '1' } }, leaf(step), leaf(step)), [1])
  assert.deepEqual(scores({ learner_model_param: { base_score: '0' } }, leaf(step), leaf(step), leaf(1)), [1 + 2 * step])
})

test('a base score is a number or a list, for all outputs or one for each, and XGBoost its link makes a score of it', () => {
  assert.equal(baseOf('2.5E-1', 'reg:squarederror'), 0.25)
  assert.equal(baseOf('[2.5E-1]', 'binary:logitraw'), 0.25)
  assert.equal(baseOf('[5E-1]', 'binary:logistic'), 0)
  assert.equal(baseOf('[2E-1]', 'reg:logistic'), Math.fround(Math.log(0.25)))
  assert.equal(baseOf('0', 'binary:logistic'), -13.815509796142578)
  assert.equal(baseOf('2E0', 'count:poisson'), Math.fround(Math.log(2)))
  assert.deepEqual(
    answers(modelOf([leaf(0), leaf(0), leaf(0)], { ...classes(3), gradient_booster: booster([leaf(0), leaf(0), leaf(0)], [0, 1, 2]) })).raw,
    [0, 0, 0],
  )
  const own = changed(classes(2), { learner_model_param: { base_score: '[1E0,-2E0]' }, gradient_booster: booster([leaf(0), leaf(0.5)], [0, 1]) })
  assert.deepEqual(answers(modelOf([], own)).raw, [1, -1.5])
})

test('until XGBoost 3.2 a base score that is a probability may come as near to 0 as it likes', () => {
  const rare = modelOf([leaf(0)], { learner_model_param: { base_score: '[1E-7]' }, objective: { name: 'binary:logistic' } })
  const base = (...version: number[]): number => answers({ ...rare, version }).raw[0]!
  assert.deepEqual([base(3, 1, 3), base(3, 2, 0)], [-16.11809539794922, -13.815509796142578])
})

test('the logarithm of a base score is the nearest float32 number, which glibc its logf misses by one step here', () => {
  const fromGlibc = -2.0998995304107666
  assert.equal(floatUlpsBetween(baseOf('[1.2246872E-1]', 'count:poisson'), fromGlibc), 1)
  assert.ok(Math.abs(baseOf('[1.2246872E-1]', 'count:poisson') - Math.log(Math.fround(0.12246872))) < Math.abs(fromGlibc - Math.log(Math.fround(0.12246872))))
})

test('trees of several outputs may stand in any order, as forests have them', () => {
  const trees = [leaf(1), leaf(2), leaf(10), leaf(20)]
  assert.deepEqual(answers(modelOf([], { ...classes(2), gradient_booster: booster(trees, [0, 0, 1, 1]) })).raw, [3, 30])
})

test('dart multiplies leaves by the weights of their trees, in float32, wherever the file has them', () => {
  const trees = [leaf(0.1), leaf(1)]
  const expected = [Math.fround(Math.fround(Math.fround(0.1) * Math.fround(0.3)) + 0.5)]
  const weights = Float32Array.of(0.3, 0.5)
  assert.deepEqual(scores({ gradient_booster: { name: 'dart', model: undefined, gbtree: booster(trees), weight_drop: weights } }, ...trees), expected)
  assert.deepEqual(scores({ gradient_booster: { model: { weight_drop: weights } } }, ...trees), expected)
})

test('outputs are what XGBoost makes of the scores', () => {
  const outputs = (name: string, ...values: number[]): number[] =>
    values.map((value) => answers(modelOf([leaf(value)], { objective: { name }, learner_model_param: { base_score: '5E-1' } })).predicted[0]!)
  assert.deepEqual(outputs('binary:hinge', 0.5, -0.5, -0.6), [1, 0, 0])
  assert.deepEqual(outputs('binary:logistic', 0, -100, -500), [0.5, outputs('binary:logistic', -88.7)[0], outputs('binary:logistic', -88.7)[0]])
  assert.deepEqual(outputs('rank:ndcg', 2), [2.5])
  const three = modelOf([], { ...classes(3), objective: { name: 'multi:softmax' }, gradient_booster: booster([leaf(0), leaf(0), leaf(200)], [0, 1, 2]) })
  assert.deepEqual(answers(three).predicted, [0, 0, 1])
})

test('all rounds count, also those after the best one', () => {
  assert.deepEqual(scores({ attributes: { best_iteration: '0', best_score: '0.5' } }, leaf(1), leaf(2)), [3])
})

test('nodes that pruning deleted are passed over', () => {
  const pruned = stump({
    default_left: Uint8Array.of(1, 0, 1, 0, 0),
    left_children: Int32Array.of(4, -1, 1, -1, -1),
    right_children: Int32Array.of(3, -1, 1, -1, -1),
    split_conditions: Float32Array.of(0.5, 7, 7, 2, 1),
    split_indices: Int32Array.of(0, 2147483647, 2147483647, 0, 0),
    split_type: new Uint8Array(5),
    sum_hessian: Float32Array.of(10, 0, 0, 6, 4),
    tree_param: { num_deleted: '2', num_nodes: '5' },
  })
  assert.deepEqual([answers(modelOf([pruned]), [0, 0]).raw, answers(modelOf([pruned]), [1, 0]).raw], [[1], [2]])
  assert.deepEqual(parse(modelOf([pruned])).cover, { node: Float64Array.of(10), leaf: Float64Array.of(6, 4) })
})

test('files of older versions lack what came later', () => {
  const old = modelOf([stump({ split_type: undefined, categories_nodes: undefined, default_left: [true, false, false] })], {
    feature_names: undefined,
    learner_model_param: { num_target: undefined },
    gradient_booster: { model: { iteration_indptr: undefined } },
  })
  assert.deepEqual(answers({ ...old, version: [1, 0, 0] }, [NaN, 0]).raw, [1])
})

test('sums of hessians weigh the nodes; where they are no weights, nothing can be explained', () => {
  assert.deepEqual(parse(modelOf()).cover, { node: Float64Array.of(10), leaf: Float64Array.of(4, 6) })
  for (const sums of [Float32Array.of(0, 0, 0), Float32Array.of(10, -1, 11), Float32Array.of(NaN, 1, 2)])
    assert.equal(parse(modelOf([stump({ sum_hessian: sums })])).cover, undefined)
})

test('features have their names, or their numbers', () => {
  assert.deepEqual(parse(modelOf()).featureNames, ['f0', 'f1'])
  const names = ['NaN "é" \\', 'Infinity']
  const infinite = stump({ split_conditions: Float32Array.of(-Infinity, 1, 2) })
  assert.deepEqual(parse(modelOf([infinite], { feature_names: names })).featureNames, names)
})

test('values of categories are kept: texts and numbers', () => {
  const cats = {
    enc: [
      { offsets: Int32Array.of(0, 1, 3), values: Float32Array.of(66, -61, -87) },
      { type: 9, values: Int32Array.of(7, 9) },
    ],
  }
  assert.deepEqual(
    parse(modelOf([stump()], { gradient_booster: { model: { cats } } })).pandasCategories?.map((values) => Array.from(values)),
    [
      ['B', 'é'],
      [7, 9],
    ],
  )
})
