import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModelFormatError } from './model-format-error.ts'
import { parseXgBoostJson, parseXgBoostUbj } from './xgboost.ts'
import { booster, byCategory, changed, jsonOf, length, modelOf, stump, ubjsonOf, type Draft } from './xgboost-model.test-data.ts'

function throwsFormatError(parse: () => unknown, message: RegExp, tree?: number): void {
  assert.throws(parse, (error: unknown) => {
    assert.ok(error instanceof ModelFormatError, String(error))
    assert.match(error.message, message)
    assert.equal(error.tree, tree)
    return true
  })
}
function refused(draft: Draft, message: RegExp, tree?: number): void {
  throwsFormatError(() => parseXgBoostJson(jsonOf(draft)), message, tree)
  throwsFormatError(() => parseXgBoostUbj(ubjsonOf(draft)), message, tree)
}
const inTree = (changes: Draft, message: RegExp): void => refused(modelOf([stump(), stump(changes)]), message, 1)
const inLearner = (changes: Draft, message: RegExp): void => refused(modelOf([stump()], changes), message)
const inModel = (changes: Draft, message: RegExp): void => inLearner({ gradient_booster: { model: changes } }, message)
const inParameters = (changes: Draft, message: RegExp): void => inLearner({ learner_model_param: changes }, message)
const ints = (...values: number[]): Int32Array => Int32Array.from(values)

test('an error names the tree and the path', () => {
  inTree({ left_children: ints(1, -1) }, /^tree 1: trees\[1\]\.left_children has 2 values, not 3$/)
  inTree({ split_indices: undefined }, /^tree 1: trees\[1\]\.split_indices is missing$/)
})

test('other kinds of files are refused by their first bytes, with what to do', () => {
  for (const text of ['', 'tree\nversion=v4', '[]', '\u0000\u0001'])
    throwsFormatError(() => parseXgBoostJson(text), /begins with "\{": save the model again with save_model/)
  for (const bytes of [[], [...new TextEncoder().encode('binf')], [0, 0, 0, 63, 2]])
    throwsFormatError(() => parseXgBoostUbj(Uint8Array.from(bytes)), /old binary format.*save it with/)
  refused({ Config: {}, Model: {} }, /version is missing/)
  refused({ ...modelOf(), learner: undefined }, /learner is missing/)
  refused({ ...modelOf(), learner: [1] }, /learner is not an object/)
})

test('what cannot be served is refused with what to do', () => {
  inLearner({ gradient_booster: { name: 'gblinear', model: { weights: [] } } }, /gblinear, a linear model without trees: train with booster="gbtree"/)
  inLearner({ gradient_booster: { name: 'gbnew' } }, /"gbnew" is not known; known are gbtree, dart/)
  inTree({ tree_param: { size_leaf_vector: '3' } }, /leaves of several values: train with multi_strategy="one_output_per_tree"/)
  inLearner({ objective: { name: 'reg:guess' } }, /"reg:guess" is not known; known are reg:squarederror/)
  refused({ ...modelOf([stump()], { objective: { name: 'binary:logitraw' } }), version: [1, 7, 6] }, /older than XGBoost 2\.0: train again/)
})

test('children that are out of range, missing, shared, cyclic or unreached are refused', () => {
  inTree({ left_children: ints(3, -1, -1) }, /left_children has 3 at 0, not a whole number from -1 to 2/)
  inTree({ right_children: ints(-1, -1, -1) }, /right_children gives node 0 no child/)
  inTree({ right_children: ints(1, -1, -1) }, /leaf 0 is reached twice/)
  inTree({ left_children: ints(0, -1, -1) }, /node 0 is reached twice/)
  const five = {
    ...stump(),
    default_left: new Uint8Array(5),
    split_conditions: new Float32Array(5),
    split_indices: ints(0, 0, 0, 0, 0),
    split_type: new Uint8Array(5),
    sum_hessian: new Float32Array(5),
  }
  const children = (left: number[], right: number[]): Draft => ({
    ...five,
    left_children: ints(...left),
    right_children: ints(...right),
    tree_param: { num_nodes: '5' },
  })
  inTree(children([2, 1, -1, -1, -1], [3, 4, -1, -1, -1]), /1 of 2 nodes are not reached/)
  inTree(children([-1, -1, -1, -1, -1], [-1, -1, -1, -1, -1]), /4 leaves are not reached from the root/)
})

test('deleted nodes that are used or not counted are refused', () => {
  const deleted = { split_indices: ints(0, 2147483647, 0) }
  inTree(deleted, /num_deleted says 0, but 1 nodes are marked/)
  inTree({ ...deleted, tree_param: { num_deleted: '1' } }, /left_children gives node 0 a deleted child/)
})

test('lists of the wrong length and values of the wrong kind are refused', () => {
  inTree({ split_conditions: Float32Array.of(0.5) }, /split_conditions has 1 values, not 3/)
  inTree({ split_conditions: [0.5, 'x', 1] }, /split_conditions has no number at 1/)
  inTree({ split_conditions: 'x' }, /split_conditions is not a list/)
  inTree({ split_conditions: Float32Array.of(NaN, 1, 2) }, /split_conditions has no number at 0/)
  inTree({ split_conditions: Float32Array.of(0.5, Infinity, 2) }, /has Infinity at 1: a leaf is finite/)
  inTree({ split_indices: ints(2, 0, 0) }, /split_indices has 2 at 0, but there are 2 features/)
  inTree({ split_indices: ints(-1, 0, 0) }, /split_indices has -1/)
  inTree({ left_children: Float32Array.of(1.5, -1, -1) }, /left_children has 1.5 at 0/)
  inTree({ default_left: Uint8Array.of(2, 0, 0) }, /default_left has 2 at 0/)
  inTree({ sum_hessian: Float32Array.of(1) }, /sum_hessian has 1 values/)
  refused(modelOf([stump()], { gradient_booster: { model: { trees: [7] } } }), /trees\[0\] is not an object/, 0)
})

test('counts that do not fit are refused', () => {
  inTree({ tree_param: { num_nodes: '2147483647' } }, /left_children has 3 values, not 2147483647/)
  for (const num_nodes of ['0', '-1', '3.0', '99999999999', '']) inTree({ tree_param: { num_nodes } }, /num_nodes must be a whole number from 1/)
  inTree({ tree_param: { num_nodes: undefined } }, /num_nodes is missing/)
  inModel({ gbtree_model_param: { num_trees: '2' } }, /trees has 1 trees, not 2/)
  inModel({ tree_info: [0, 0] }, /tree_info has 2 values, not 1/)
  inModel({ tree_info: [1] }, /tree_info has 1 at 0/)
  inModel({ iteration_indptr: [0, 2] }, /iteration_indptr has 2 at 1/)
  inModel({ iteration_indptr: [1, 1] }, /iteration_indptr does not rise from 0 to 1/)
  inModel({ iteration_indptr: [] }, /iteration_indptr does not rise/)
  refused(modelOf([]), /the model has no trees/)
  refused(
    modelOf([stump(), stump()], { gradient_booster: { model: { trees: [changed(stump(), { id: 1 }), changed(stump(), { id: 0 })] as never } } }),
    /trees\[0\]\.id is not 0/,
    0,
  )
  const threeClasses = {
    learner_model_param: { num_class: '3' },
    objective: { name: 'multi:softprob' },
    gradient_booster: booster([stump(), stump(), stump()], [0, 1, 1]),
  }
  inLearner(threeClasses, /tree_info gives output 1 2 of 3 trees/)
})

test('parameters of the model that contradict each other are refused', () => {
  inParameters({ num_feature: '20001' }, /feature_names is empty: a model of more than 20000 features names them/)
  inParameters({ num_feature: '0' }, /num_feature must be a whole number from 1/)
  inParameters({ num_class: '3', num_target: '2' }, /num_target is more than 1 in a model with classes/)
  inParameters({ num_class: '3' }, /tree_info gives output 0 1 of 1 trees/)
  inLearner({ objective: { name: 'multi:softprob' } }, /"multi:softprob" does not fit num_class 0/)
  inLearner({ feature_names: ['a'] }, /feature_names has 1 names for 2 features/)
  inLearner({ feature_names: ['a', 7] }, /feature_names has no text at 1/)
  inModel({ weight_drop: Float32Array.of(1, 2) }, /weight_drop has 2 weights for 1 trees/)
  inModel({ weight_drop: Float32Array.of(NaN) }, /weight_drop has NaN at 0/)
  inLearner({ gradient_booster: { name: 'dart', gbtree: booster([stump()]) } }, /weight_drop is missing/)
  refused({ ...modelOf(), version: [] }, /version has 0 values, not 3/)
})

test('base scores that are no numbers, too many, or nothing to start from are refused', () => {
  for (const base_score of ['', 'x', '[', '["1"]', '{}', 'null', '[NaN]']) inParameters({ base_score }, /base_score is neither a number nor a list of numbers/)
  inParameters({ base_score: '[1,2]' }, /base_score has 2 values for 1 outputs/)
  inParameters({ base_score: '1e39' }, /cannot start from/)
  inLearner({ learner_model_param: { base_score: '0' }, objective: { name: 'count:poisson' } }, /cannot start from/)
})

test('category sets that contradict themselves or are too large are refused, before anything of their size is made', () => {
  inTree({ ...byCategory(1), categories_nodes: ints(3) }, /categories_nodes has 3 at 0/)
  inTree(
    { ...byCategory(1), categories_nodes: ints(0, 0), categories_segments: Float64Array.of(0, 0), categories_sizes: Float64Array.of(1, 1) },
    /categories_nodes does not rise at 1/,
  )
  inTree({ ...byCategory(1), categories_sizes: Float64Array.of(2) }, /categories_sizes has 2 at 0/)
  inTree({ ...byCategory(1, 2), categories_segments: Float64Array.of(1) }, /reaches beyond the categories at 0/)
  inTree({ ...byCategory(1), categories_sizes: Float64Array.of(0) }, /categories_sizes has 0 at 0/)
  inTree({ ...byCategory(-1) }, /categories has -1 at 0/)
  inTree({ ...byCategory(16777216) }, /categories has 16777216 at 0/)
  inTree({ ...byCategory(1), split_type: new Uint8Array(3) }, /split_type says that node 0 splits by value, but categories_nodes lists it/)
  inTree({ ...byCategory(1), categories_nodes: ints(1) }, /lists no categories for node 0/)
  inTree({ ...byCategory(16777215) }, /categories are too large: their bit sets take 2097152 bytes, 262368 are left for a model of this size/)
  const wide = Array.from({ length: 40 }, () => stump(byCategory(65535)))
  refused(modelOf(wide), /categories are too large/, 32)
})

test('category names that contradict themselves are refused', () => {
  const named = (offsets: Int32Array): Draft => ({ cats: { enc: [{ offsets, values: ints(65, 66) }] } })
  inModel(named(ints(0, 3)), /offsets has 3 at 1/)
  inModel(named(ints(2, 1)), /offsets falls at 1/)
  inModel({ cats: { enc: [7] } }, /cats\.enc\[0\] is not an object/)
})

test('a file that is cut off is refused wherever the cut is', () => {
  const draft = modelOf([stump(), stump(byCategory(1, 40))])
  const [text, bytes] = [jsonOf(draft), ubjsonOf(draft)]
  for (let end = 0; end < text.length; end++) throwsFormatError(() => parseXgBoostJson(text.slice(0, end)), /JSON/)
  for (let end = 0; end < bytes.length; end++) throwsFormatError(() => parseXgBoostUbj(bytes.subarray(0, end)), /UBJSON/)
})

test('UBJSON that lies about lengths, nests without end or holds what XGBoost never writes is refused', () => {
  const letters = (text: string): number[] => [...new TextEncoder().encode(text)]
  const model = (...value: number[]): Uint8Array => Uint8Array.from([...letters('{'), ...length(1), ...letters('a'), ...value])
  const broken = (message: RegExp, ...value: number[]): void => throwsFormatError(() => parseXgBoostUbj(model(...value)), message)
  for (const claim of [2 ** 40, Number.MAX_SAFE_INTEGER, -1]) {
    broken(/does not fit the \d+ bytes that follow/, ...letters('[$d#'), ...length(claim), 0, 0)
    broken(/does not fit the \d+ bytes that follow/, ...letters('[#'), ...length(claim), 0, 0)
    broken(/does not fit the \d+ bytes that follow/, ...letters('S'), ...length(claim), 0, 0)
  }
  broken(/more than 32 objects and lists/, ...letters('['.repeat(1_000)))
  broken(/more objects and lists than a model of its size/, ...letters(`[${'{}'.repeat(2_000)}`))
  broken(/"H" begins no value/, ...letters('H'), ...length(1), 48)
  broken(/"T" is no type of numbers/, ...letters('[$T#'), ...length(1))
  broken(/a typed list has a length/, ...letters('[$d'), 0)
  broken(/a length is an int64/, ...letters('Si'), 1)
  broken(/"a" is written twice/, ...letters('Z'), ...length(1), ...letters('aZ}'))
  broken(/1 bytes follow after the model/, ...letters('Z}Z'))
})

test('JSON that says one thing twice is refused', () => {
  const text = jsonOf(modelOf([stump()])).replace('"left_children"', '"left_children":[1,-1,-1],"left_children"')
  throwsFormatError(() => parseXgBoostJson(text), /^"left_children" is written twice in one object, the second time at character \d+ of the file$/)
})

test('JSON that nests without end is refused', () => {
  throwsFormatError(() => parseXgBoostJson(`{"a":${'['.repeat(100_000)}`), /more than 32 lists and objects/)
  throwsFormatError(() => parseXgBoostJson(`{"learner":${'['.repeat(50_000)}${']'.repeat(50_000)}}`), /more than 32 lists and objects/)
})
