import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLightGbm } from './lightgbm.ts'
import { ModelFormatError } from './model-format-error.ts'
import { modelText, stump, type TreeLines } from './model-text.test-data.ts'

function refused(text: string, message: RegExp, tree?: number): void {
  assert.throws(
    () => parseLightGbm(text),
    (error: unknown) => {
      assert.ok(error instanceof ModelFormatError, String(error))
      assert.match(error.message, message)
      assert.equal(error.tree, tree)
      assert.ok(error.line !== undefined, 'has a line')
      return true
    },
  )
}
const inTree = (lines: TreeLines, message: RegExp): void => refused(modelText([stump(), stump(lines)]), message, 1)
const inHeader = (lines: TreeLines, message: RegExp): void => refused(modelText([stump()], lines), message)

const three = { num_leaves: '3', split_feature: '0 1', threshold: '0.5 0.5', decision_type: '2 2', leaf_value: '1 2 3' }
const categorical = { num_cat: '1', decision_type: '1', threshold: '0', cat_boundaries: '0 2', cat_threshold: '5 1' }

test('an error names the line of the file and the tree', () => {
  const text = modelText([stump(), stump({ threshold: 'abc' })])
  const line = text.split('\n').indexOf('threshold=abc') + 1
  refused(text, new RegExp(`^line ${line}, tree 1: threshold value 0 is not a number of its kind: "abc"$`), 1)
})

test('another kind of file is refused by its first line', () => {
  for (const text of ['', '{}', 'Tree=0', '\u0000\u0001', 'tree2\n']) refused(text, /begins with the line "tree"/)
})

test('children that are out of range, shared, cyclic or unreached are refused', () => {
  inTree({ left_child: '1' }, /node 0 points to node 1, but there are 1/)
  inTree({ right_child: '-3' }, /node 0 points to leaf 2, but there are 2/)
  inTree({ right_child: '-2147483648' }, /points to leaf 2147483647/)
  inTree({ right_child: '-1' }, /leaf 0 is reached twice/)
  inTree({ left_child: '0' }, /node 0 is reached twice/)
  inTree({ ...three, left_child: '1 0', right_child: '-1 -2' }, /node 0 is reached twice/)
  inTree({ ...three, left_child: '-1 1', right_child: '-2 -3' }, /1 of 2 nodes are not reached/)
})

test('lists of the wrong length and values of the wrong kind are refused', () => {
  inTree({ leaf_value: '1' }, /leaf_value has 1 values, not 2/)
  inTree({ split_feature: '0 1' }, /split_feature has 2 values, not 1/)
  inTree({ split_feature: '0.5' }, /split_feature value 0 is not a number of its kind/)
  inTree({ split_feature: '2' }, /there are 2 features/)
  inTree({ split_feature: '-1' }, /there are 2 features/)
  inTree({ threshold: 'nan' }, /a threshold is a number/)
  inTree({ threshold: '1e' }, /not a number/)
  inTree({ threshold: '0x10' }, /not a number/)
  inTree({ decision_type: '12' }, /missing type of 0 to 2/)
  inTree({ leaf_value: '1 inf' }, /a leaf value is finite/)
  inTree({ left_child: undefined }, /"left_child" is missing/)
})

test('counts beyond the text are refused before anything of that size is made', () => {
  inTree({ num_leaves: '2147483647' }, /leaf_value has 2 values, not 2147483647/)
  inTree({ num_leaves: '99999999999' }, /num_leaves must be a whole number/)
  inTree({ num_leaves: '0' }, /num_leaves must be a whole number from 1/)
  inTree({ num_leaves: '-5' }, /num_leaves/)
  inTree({ num_cat: '2147483647' }, /cat_boundaries/)
  inTree({ ...categorical, cat_boundaries: '0 2000000000' }, /cat_threshold has 2 values, not 2000000000/)
  inHeader({ max_feature_idx: '999999' }, /feature_names has 2 values/)
  inHeader({ max_feature_idx: '2147483647' }, /max_feature_idx must be a whole number/)
  inHeader({ num_class: '100000', num_tree_per_iteration: '100000', objective: undefined }, /1 trees cannot be shared out/)
})

test('counts of training rows that contradict themselves are refused', () => {
  inTree({ internal_count: '30', leaf_count: '10' }, /leaf_count has 1 values, not 2/)
  inTree({ internal_count: '-30', leaf_count: '10 20' }, /internal_count value 0/)
  inTree({ leaf_count: '10 20' }, /belong together/)
})

test('category sets that contradict themselves are refused', () => {
  inTree({ ...categorical, threshold: '1' }, /names no category set/)
  inTree({ ...categorical, threshold: '0.5' }, /names no category set/)
  inTree({ ...categorical, cat_boundaries: '0 -1' }, /must not fall/)
  inTree({ ...categorical, cat_boundaries: '1 2' }, /the first must be 0/)
  inTree({ ...categorical, cat_threshold: '5 4294967296' }, /not a number of its kind/)
  inTree({ ...categorical, cat_threshold: '5 -1' }, /not negative/)
})

test('splits by category and category sets that are not as many are refused', () => {
  inTree({ decision_type: '1' }, /^line \d+, tree 1: decision_type value 0 is 1: a split by category, but num_cat is 0$/)
  inTree({ ...categorical, num_cat: '0' }, /cat_boundaries has values, but num_cat is 0/)
  inTree({ ...categorical, num_cat: '0', cat_boundaries: undefined }, /cat_threshold has values, but num_cat is 0/)
  inTree({ ...categorical, decision_type: '2' }, /num_cat is 1, but decision_type has 0 splits by category, which take 0 of the sets/)
  inTree({ ...categorical, decision_type: undefined }, /num_cat is 1, but decision_type has 0 splits by category/)
  const twice = {
    ...three,
    ...categorical,
    num_cat: '2',
    decision_type: '1 1',
    threshold: '1 1',
    cat_boundaries: '0 1 2',
    left_child: '1 -2',
    right_child: '-1 -3',
  }
  inTree(twice, /num_cat is 2, but decision_type has 2 splits by category, which take 1 of the sets/)
  assert.doesNotThrow(() => parseLightGbm(modelText([stump({ ...twice, threshold: '1 0' })])))
})

test('a tree of one leaf that lists splits is refused', () => {
  inTree({ num_leaves: '1', leaf_value: '1' }, /split_feature has values, but num_leaves is 1/)
})

test('linear leaves that contradict themselves are refused', () => {
  const linear = { is_linear: '1', leaf_const: '0.5 -1', num_features: '1 0', leaf_features: '0', leaf_coeff: '2' }
  inTree({ ...linear, is_linear: '2' }, /is_linear must be 0 or 1/)
  for (const is_linear of ['0', undefined]) inTree({ ...linear, is_linear }, /leaf_coeff is there, but is_linear is not 1/)
  inTree({ ...linear, leaf_features: '2' }, /leaf_features value 0/)
  inTree({ ...linear, num_features: '3 0' }, /num_features value 0/)
  inTree({ ...linear, leaf_const: 'nan 1' }, /leaf_const value 0/)
})

test('a header that contradicts itself or the trees is refused', () => {
  inHeader({ objective: 'guess' }, /the objective "guess" is not known; known are regression/)
  inHeader({ objective: 'binary sigmoid:-1' }, /sigmoid must be a positive number/)
  inHeader({ objective: 'multiclass num_class:3' }, /does not fit 1 trees/)
  inHeader({ objective: 'binary sigmoid:1', num_tree_per_iteration: '2' }, /does not fit 2 trees/)
  inHeader({ objective: undefined, num_class: '2' }, /num_class is 2, but num_tree_per_iteration 1/)
  inHeader({ objective: undefined, num_class: '0' }, /num_class must be a whole number from 1/)
  inHeader({ version: 'v9' }, /version "v9" is not known/)
  inHeader({ feature_names: 'a b c' }, /feature_names has 3 values/)
  inHeader({ feature_names: undefined }, /"feature_names" is missing/)
  inHeader({ tree_sizes: '10 10' }, /lists 2 trees, the file has 1/)
  refused(modelText([]), /the model has no trees/)
})

test('a file that is cut off is refused wherever the cut is', () => {
  const text = modelText([stump(), stump()])
  for (let length = 0; length < text.indexOf('end of trees') + 'end of trees'.length; length++)
    assert.throws(() => parseLightGbm(text.slice(0, length)), ModelFormatError, `cut at ${length}`)
})

test('a tree out of its order and a line written twice are refused', () => {
  refused(modelText([stump(), stump()]).replace('Tree=1', 'Tree=2'), /expected "Tree=1", found "Tree=2"/, 1)
  refused(modelText().replace('num_cat=0', 'num_cat=0\nnum_cat=0'), /"num_cat" is written twice/, 0)
})

test('pandas categories that are no lists are refused', () => {
  const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000)
  for (const value of ['[1]', '{}', '[[1]', '', '[[{}]]', '[[[]]]', '[[],[],[]]', deep])
    refused(modelText().replace('pandas_categorical:null', `pandas_categorical:${value}`), /not a list of at most 2 lists/)
  const brackets = parseLightGbm(modelText().replace('pandas_categorical:null', 'pandas_categorical:[["[{","]\\\\","\\"[["],[]]'))
  assert.deepEqual(brackets.pandasCategories, [['[{', ']\\', '"[['], []])
})

test('a long word of digits that is no number is refused without trying it in every way', () => {
  inTree({ threshold: `${'1'.repeat(300_000)}x` }, /threshold value 0 is not a number of its kind/)
})

test('more lines, words and names than the format has are refused before they are kept', () => {
  const lines = (count: number): TreeLines => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, '1']))
  inTree(lines(200), /a section has more than 100 lines/)
  inHeader(lines(200), /a section has more than 100 lines/)
  inHeader({ objective: `regression ${'a '.repeat(20)}` }, /the objective has more than 10 words/)
})

test('words are parted by any number of spaces', () => {
  assert.deepEqual(parseLightGbm(modelText([stump({ leaf_value: '  1   2 ' })])).leafValue, Float64Array.of(1, 2))
})
