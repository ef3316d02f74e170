import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModelFormatError } from './model-format-error.ts'
import { parseSklearnTrees } from './sklearn.ts'
import { constant, sklearnText, stump, type Keys } from './sklearn-text.test-data.ts'

function refused(text: string, message: RegExp, tree?: number): void {
  assert.throws(
    () => parseSklearnTrees(text),
    (error: unknown) => {
      assert.ok(error instanceof ModelFormatError, String(error))
      assert.match(error.message, message)
      assert.equal(error.tree, tree)
      return true
    },
  )
}
const inTree = (keys: Keys, message: RegExp, model: Keys = {}): void => refused(sklearnText([stump(), stump(keys)], model), message, 1)
const inModel = (keys: Keys, message: RegExp): void => refused(sklearnText([stump()], keys), message)

const two = { feature: [0, 1], threshold: [0.5, 0.5], missing_left: [0, 0], left: [1, -1], right: [-2, -3], values: [[1, 2, 3]] }
const categories = { categories: [[3, 4], null] }

test('an error names the tree', () => {
  refused(sklearnText([stump(), stump({ threshold: ['abc'] })]), /^tree 1: threshold value 0 must be a number, "inf", "-inf" or a list of codes, not "abc"$/, 1)
})

test('other files, other formats and other versions are refused', () => {
  for (const text of ['', 'tree\n', '{', '\u0000']) refused(text, /not JSON/)
  for (const text of ['null', '[]', '3', '"x"', '{}', '{"format": "onnx"}']) refused(text, /"format" must be "presage-trees", not/)
  inModel({ version: 2 }, /"version" must be 1, not 2/)
  inModel({ version: '1' }, /"version" must be 1, not "1"/)
})

test('unknown keys and missing keys are refused', () => {
  inModel({ extra: 1 }, /the model has an unknown key "extra"/)
  inModel({ average: undefined }, /the model has no "average"/)
  inTree({ extra: 1 }, /the tree has an unknown key "extra"/)
  inTree({ left: undefined }, /the tree has no "left"/)
  inTree({ cover: { nodes: [1], leaves: [1, 2], rows: 3 } }, /cover has an unknown key "rows"/)
  inTree({ cover: { nodes: [1] } }, /cover has no "leaves"/)
  refused(sklearnText().replace('"feature":', '"__proto__":{},"feature":'), /unknown key "__proto__"/, 0)
  refused(sklearnText().replace(/"trees".*\]/s, '"trees":[[]]'), /the tree must be an object, not a list/, 0)
})

test('children that are out of range, shared, cyclic or unreached are refused', () => {
  inTree({ left: [1] }, /left value 0 must be a node, or -1 - a leaf, not 1/)
  inTree({ right: [-3] }, /right value 0/)
  inTree({ right: [-2147483648] }, /right value 0/)
  inTree({ right: [-1] }, /leaf 0 is reached twice/)
  inTree({ left: [0] }, /node 0 is reached twice/)
  inTree({ ...two, left: [1, 0], right: [-1, -2] }, /node 0 is reached twice/)
  inTree({ ...two, left: [-1, 1], right: [-2, -3] }, /1 of 2 nodes are not reached/)
  inTree({ left: [-0.5] }, /left value 0/)
})

test('lists of the wrong length and values of the wrong kind are refused', () => {
  for (const key of ['threshold', 'missing_left', 'left', 'right']) inTree({ [key]: [] }, new RegExp(`${key} has 0 values, not 1`))
  for (const key of ['feature', 'threshold', 'missing_left', 'left', 'right', 'values']) inTree({ [key]: 7 }, new RegExp(`${key} must be a list, not 7`))
  inTree({ values: [[1]] }, /values has 1 values, not 2/)
  inTree({ feature: [0, 1] }, /threshold has 1 values, not 2/)
  inTree({ feature: [0.5] }, /feature value 0 must be an input below 2, not 0.5/)
  inTree({ feature: [2] }, /feature value 0 must be an input below 2, not 2/)
  inTree({ feature: [-1] }, /feature value 0/)
  inTree({ threshold: [null] }, /threshold value 0 must be a number.*, not null/)
  inTree({ threshold: ['nan'] }, /threshold value 0/)
  inTree({ missing_left: [2] }, /missing_left value 0 must be 0 or 1/)
  inTree({ missing_left: [true] }, /missing_left value 0/)
  inTree({ values: [[1, 'inf']] }, /values value 1 must be a finite number, not "inf"/)
  refused(sklearnText([stump({ values: [[1, 2]] })]).replace('[1,2]', '[1,1e999]'), /values value 1 must be a finite number, not Infinity/, 0)
})

test('leaf values for a number of outputs that there is not are refused', () => {
  const three = { base: [0, 0, 0] }
  const values = [
    [1, 2],
    [3, 4],
  ]
  inTree({ values }, /values has 2 lists: one, or one for each of 1 outputs/)
  inTree({ values: [] }, /values has 0 lists/)
  inTree({ values }, /values has 2 lists/, three)
  refused(sklearnText([constant(1), constant(1, 2, 3)], three), /values has 3 lists, those of the first tree 1/, 1)
  refused(sklearnText([constant(1), constant(2)], three), /2 trees cannot be shared out to 3 outputs/)
  refused(sklearnText([]), /the model has no trees/)
})

test('categories that contradict themselves are refused', () => {
  inModel({ categories: [null] }, /"categories" has 1 values, not 2/)
  inModel({ categories: [[2, 1], null] }, /"categories" of input 0 must ascend/)
  inModel({ categories: [[1, 1], null] }, /must ascend/)
  inModel({ categories: [['a'], null] }, /"categories" of input 0 value 0 must be a finite number, not "a"/)
  inModel({ categories: [null, Array.from({ length: 256 }, (_, i) => i)] }, /"categories" of input 1 are 256: at most 255/)
  const names = Array.from({ length: 10_001 }, (_, i) => `f${i}`)
  inModel({ feature_names: names, categories: names.map(() => [1]) }, /"categories" has 10001 lists: at most 10000/)
  inTree({ threshold: [[0]] }, /threshold value 0 is a list, but input 0 has no categories/)
  const split = (threshold: unknown, message: RegExp): void =>
    refused(sklearnText([stump({ threshold: [[0]] }), stump({ threshold: [threshold] })], categories), message, 1)
  split(0.5, /a categorical threshold must be a list, not 0.5/)
  split([2], /a categorical threshold value 0 must be a code below 2, not 2/)
  split([1, 0], /a categorical threshold must ascend/)
  split([0, 0], /must ascend/)
})

test('weights that are none are refused', () => {
  inTree({ cover: { nodes: [30], leaves: [10] } }, /cover.leaves has 1 values, not 2/)
  inTree({ cover: { nodes: [-30], leaves: [10, 20] } }, /cover.nodes value 0 must be a weight of 0 or more, not -30/)
  inTree({ cover: [] }, /cover must be an object/)
})

test('a model that contradicts itself is refused', () => {
  inModel({ feature_names: [] }, /must not be empty/)
  inModel({ base: Array.from({ length: 1001 }, () => 0) }, /"base" has 1001 values: at most 1000/)
  inModel({ base: [] }, /must not be empty/)
  inModel({ feature_names: ['a', 3] }, /"feature_names" value 1 must be a text/)
  inModel({ base: [null] }, /"base" value 0 must be a finite number/)
  inModel({ objective: 3 }, /"objective" must be a text/)
  inModel({ written_by: null }, /"written_by" must be a text/)
  inModel({ average: 1 }, /"average" must be true or false, not 1/)
  inModel({ transform: 'identity' }, /"transform" must be an object/)
  inModel({ transform: { kind: 'softmax' } }, /"transform" of 1 outputs must be identity, exponential, sigmoid, not "softmax"/)
  inModel({ transform: { kind: 'sigmoid' } }, /"slope" must be a positive number/)
  inModel({ transform: { kind: 'sigmoid', slope: 0 } }, /"slope" must be a positive number/)
  inModel({ transform: { kind: 'identity', slope: 1 } }, /"slope" belongs to the transform "sigmoid" alone/)
})

test('what is said twice is refused', () => {
  refused(sklearnText().replace('"feature":', '"left":[0],"feature":'), /^"left" is written twice in one object, the second time at character \d+ of the file$/)
})

test('a file that is cut off is refused wherever the cut is', () => {
  const text = sklearnText([stump(), stump({ threshold: [[0]] })], { categories: [[1], null] }).trimEnd()
  for (let length = 0; length < text.length; length++) assert.throws(() => parseSklearnTrees(text.slice(0, length)), ModelFormatError, `cut at ${length}`)
})

test('lists nested a hundred thousand deep are refused', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  refused(sklearnText().replace('[0.5]', `[${deep}]`), /more than 32 lists and objects within each other/)
})
