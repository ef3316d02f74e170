import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextDown } from './adjacent-doubles.ts'
import { compileForest } from './compile.ts'
import { zeroThreshold } from './ensemble.ts'
import { instantiateForest } from './evaluator.ts'
import { leafOf } from './interpret.ts'
import { parseLightGbm } from './lightgbm.ts'
import { modelText, stump, type TreeLines } from './model-text.test-data.ts'

type Header = Parameters<typeof modelText>[1]
const row = (a: number, b = 0): Float64Array => Float64Array.of(a, b)

/** What the kernels and the interpreter, which must agree, answer for a row. */
function answers(text: string, values: Float64Array): { raw: number[]; predicted: number[] } {
  const ensemble = parseLightGbm(text)
  const all = (['interpreter', 'bit-slab', 'bt4', 'wide'] as const).map((engine) => {
    const evaluator = instantiateForest(compileForest(ensemble, { engine }))
    const [raw, predicted] = [new Float64Array(ensemble.outputs), new Float64Array(ensemble.outputs)]
    evaluator.predictRaw(values, raw)
    evaluator.predict(values, predicted)
    return { raw: [...raw], predicted: [...predicted] }
  })
  for (const other of all) assert.deepEqual(other, all[0])
  return all[0]!
}
const raw = (trees: readonly TreeLines[], values: Float64Array, header?: Header): number => answers(modelText(trees, header), values).raw[0]!
const side = (lines: TreeLines, a: number): string => (raw([stump(lines)], row(a)) === 1 ? 'left' : 'right')
const constant = (value: number): TreeLines => ({ num_leaves: '1', num_cat: '0', leaf_value: String(value) })
const predicted = (objective: string | undefined, scores: readonly number[], header: Header = {}): number[] => {
  const perIteration = String(scores.length)
  return answers(modelText(scores.map(constant), { objective, num_class: perIteration, num_tree_per_iteration: perIteration, ...header }), row(0)).predicted
}

test('a numeric split sends values up to and including its threshold left', () => {
  assert.deepEqual(
    [0.4, 0.5, 0.5000000000000001, Infinity, -Infinity].map((x) => side({}, x)),
    ['left', 'left', 'right', 'right', 'left'],
  )
})

test('missing type none: NaN counts as 0, whatever the default side says', () => {
  for (const type of ['0', '2']) {
    assert.equal(side({ decision_type: type, threshold: '0.5' }, NaN), 'left')
    assert.equal(side({ decision_type: type, threshold: '-0.5' }, NaN), 'right')
  }
})

test('missing type zero: NaN and values within 1e-35f take the default side', () => {
  for (const x of [NaN, 0, -0, 5e-324, zeroThreshold, -zeroThreshold]) {
    assert.equal(side({ decision_type: '4', threshold: '0.5' }, x), 'right')
    assert.equal(side({ decision_type: '6', threshold: '-0.5' }, x), 'left')
  }
  assert.equal(side({ decision_type: '4', threshold: '0.5' }, 2 * zeroThreshold), 'left')
})

test('missing type nan: NaN takes the default side, zero is compared', () => {
  assert.equal(side({ decision_type: '8', threshold: '0.5' }, NaN), 'right')
  assert.equal(side({ decision_type: '10', threshold: '-0.5' }, NaN), 'left')
  assert.equal(side({ decision_type: '8', threshold: '0.5' }, 0), 'left')
})

test('a threshold of inf splits NaN from all other values', () => {
  assert.deepEqual(
    [1e308, Infinity, -Infinity, NaN].map((x) => side({ decision_type: '8', threshold: 'inf' }, x)),
    ['left', 'left', 'left', 'right'],
  )
})

test('values within 1e-35f are zero to a comparison', () => {
  const near = [zeroThreshold, -zeroThreshold, 1e-36, -1e-36, 0, -0, 5e-324]
  for (const threshold of ['0', '-0', '1e-40', '1.0000000180025095e-35'])
    for (const x of near) assert.equal(side({ threshold }, x), 'left', `${x} <= ${threshold}`)
  for (const threshold of ['-1e-40', '-1.0000000180025095e-35']) for (const x of near) assert.equal(side({ threshold }, x), 'right', `${x} <= ${threshold}`)
  assert.equal(side({ threshold: '-1e-40' }, nextDown(-zeroThreshold)), 'left')
})

test('the constant of zero is the float 1e-35 widened', () => {
  assert.equal(zeroThreshold, 1.0000000180025095e-35)
})

const categorical = { num_cat: '1', decision_type: '1', threshold: '0', cat_boundaries: '0 2', cat_threshold: '5 1' }

test('a categorical split sends the categories of its bit set left, all others right', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 32, 33, 64, 1e6].map((x) => side(categorical, x)),
    ['left', 'right', 'left', 'right', 'left', 'right', 'right', 'right'],
  )
})

test('a category is truncated toward zero: -0.5 is 0, NaN and negative ones go right', () => {
  assert.deepEqual(
    [-0.5, 0.9, 2.7, 1e-40].map((x) => side(categorical, x)),
    ['left', 'left', 'left', 'left'],
  )
  for (const x of [NaN, -1, -Infinity, Infinity, 2147483648, 4294967296, 1e18]) assert.equal(side(categorical, x), 'right', String(x))
})

test('category sets are counted per tree', () => {
  const other = { ...categorical, cat_boundaries: '0 1', cat_threshold: '2', leaf_value: '10 20' }
  assert.deepEqual(
    [0, 1].map((x) => raw([stump(categorical), stump(other)], row(x))),
    [21, 12],
  )
})

test('raw scores are sums in tree order that start at zero', () => {
  assert.equal(raw([0.1, 0.2, 0.3].map(constant), row(0)), 0.1 + 0.2 + 0.3)
  assert.notEqual(0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1)
  assert.ok(Object.is(raw([constant(-0)], row(0)), 0))
})

test('shrinkage is already in the leaves', () => {
  assert.equal(raw([stump({ shrinkage: '0.1' })], row(0)), 1)
})

test('trees of an iteration belong to the outputs in turn', () => {
  const trees = [1, 10, 100, 2, 20, 200].map(constant)
  assert.deepEqual(answers(modelText(trees, { objective: undefined, num_class: '3', num_tree_per_iteration: '3' }), row(0)).raw, [3, 30, 300])
})

test('a random forest divides by its iterations, but only the prediction and before the transform', () => {
  const forest = answers(modelText([3, 5].map(constant), { average_output: '' }), row(0))
  assert.deepEqual(forest, { raw: [8], predicted: [4] })
  assert.deepEqual(answers(modelText([3, 5].map(constant), { average_output: '', objective: 'binary sigmoid:1' }), row(0)).predicted, [1 / (1 + Math.exp(-4))])
})

test('each objective has the transform of LightGBM', () => {
  const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
  const cases: [string | undefined, number, number][] = [
    ['binary sigmoid:1', 0.7, logistic(0.7)],
    ['binary sigmoid:2.5', 0.7, logistic(2.5 * 0.7)],
    ['cross_entropy', 0.7, logistic(0.7)],
    ['cross_entropy_lambda', 0.7, Math.log1p(Math.exp(0.7))],
    ['regression', -0.7, -0.7],
    ['regression sqrt', -3, -9],
    ['regression sqrt', 0, 0],
    ['regression_l1', 0.7, 0.7],
    ['huber', 0.7, 0.7],
    ['huber sqrt', 0.7, 0.7],
    ['fair', 0.7, 0.7],
    ['quantile alpha:0.7', 0.7, 0.7],
    ['mape', 0.7, 0.7],
    ['poisson', 0.7, Math.exp(0.7)],
    ['gamma', 0.7, Math.exp(0.7)],
    ['tweedie tweedie_variance_power:1.5', 0.7, Math.exp(0.7)],
    ['lambdarank', 0.7, 0.7],
    ['rank_xendcg', 0.7, 0.7],
    [undefined, 0.7, 0.7],
  ]
  for (const [objective, score, expected] of cases) assert.deepEqual(predicted(objective, [score]), [expected], objective)
})

test('multiclass answers softmax in class order, one-vs-all a sigmoid per class', () => {
  const [a, b, c] = predicted('multiclass num_class:3', [1, 2, 3]) as [number, number, number]
  assert.ok(a < b && b < c && Math.abs(a + b + c - 1) < 1e-15)
  assert.equal(c, 1 / (Math.exp(-2) + Math.exp(-1) + 1))
  assert.deepEqual(predicted('multiclassova num_class:2 sigmoid:1.7', [1, -1]), [1 / (1 + Math.exp(-1.7)), 1 / (1 + Math.exp(1.7))])
})

test('softmax of very large scores stays finite', () => {
  assert.deepEqual(predicted('multiclass num_class:2', [1000, 0]), [1, 0])
})

test('a tree of one leaf needs no split lines, or empty ones', () => {
  assert.equal(raw([constant(0.25)], row(0)), 0.25)
  assert.equal(raw([{ ...constant(0.25), split_feature: '', threshold: '', decision_type: '', left_child: '', right_child: '' }], row(0)), 0.25)
})

test('numbers are read correctly rounded, as C++ writes them', () => {
  assert.equal(
    raw(
      [constant(0)].map((tree) => ({ ...tree, leaf_value: '0.10000000000000001' })),
      row(0),
    ),
    0.1,
  )
  assert.equal(raw([{ ...constant(0), leaf_value: '-2.79536e-10' }], row(0)), -2.79536e-10)
  assert.equal(side({ threshold: '1.7976931348623157e+308' }, 1.7976931348623157e308), 'left')
})

test('files with Windows line ends load the same', () => {
  assert.deepEqual(parseLightGbm(modelText().replaceAll('\n', '\r\n')), parseLightGbm(modelText()))
})

test('feature names may hold an equals sign and any letters', () => {
  assert.deepEqual(parseLightGbm(modelText([stump()], { feature_names: 'rsi(14)=x é' })).featureNames, ['rsi(14)=x', 'é'])
})

test('stale tree sizes do not matter, lines that say nothing of the answer may be absent', () => {
  const lean = { tree_sizes: undefined, feature_infos: undefined, version: undefined, label_index: undefined, num_tree_per_iteration: undefined }
  assert.equal(raw([stump({ shrinkage: undefined })], row(0), { tree_sizes: '1' }), 1)
  assert.equal(raw([stump()], row(0), lean), 1)
  assert.equal(raw([stump({ decision_type: undefined })], row(0.4)), 1)
})

test('pandas categories are kept in column order', () => {
  const text = modelText().replace('pandas_categorical:null', 'pandas_categorical:[["B", "S"], [1, 2]]')
  assert.deepEqual(parseLightGbm(text).pandasCategories, [
    ['B', 'S'],
    [1, 2],
  ])
  assert.equal(parseLightGbm(modelText()).pandasCategories, undefined)
})

const linear = { is_linear: '1', leaf_const: '0.5 -1', num_features: '2 0', leaf_features: '0 1  ', leaf_coeff: '2 3  ' }

test('a linear leaf adds its terms in order; with a NaN among its inputs the plain leaf value stands', () => {
  assert.equal(raw([stump(linear)], row(0.25, 0.1)), 0.5 + 2 * 0.25 + 3 * 0.1)
  assert.equal(raw([stump(linear)], row(0.25, NaN)), 1)
  assert.equal(raw([stump(linear)], row(0.75, NaN)), -1)
  assert.equal(raw([stump({ ...linear, leaf_coeff: '2 1e40' })], row(0.25, 1e-36)), 1)
})

test('models with linear leaves go to the interpreter even if the kernel is asked for', () => {
  assert.equal(compileForest(parseLightGbm(modelText([stump(linear)])), { engine: 'bit-slab' }).engine, 'interpreter')
})

test('leafOf names the leaf within its tree', () => {
  const ensemble = parseLightGbm(modelText())
  assert.deepEqual(
    [0.4, 0.6].map((a) => leafOf(ensemble, 0, row(a))),
    [0, 1],
  )
})

test('training rows through nodes and leaves are read where every tree has them', () => {
  const counted = stump({ internal_count: '30', leaf_count: '10 20' })
  assert.deepEqual(parseLightGbm(modelText([counted, constant(1), counted])).cover, { node: Float64Array.of(30, 30), leaf: Float64Array.of(10, 20, 0, 10, 20) })
  assert.equal(parseLightGbm(modelText([counted, stump()])).cover, undefined)
  assert.equal(parseLightGbm(modelText([stump({ internal_count: '', leaf_count: '' })])).cover, undefined)
})
