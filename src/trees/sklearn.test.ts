import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileForest } from './compile.ts'
import { instantiateForest } from './evaluator.ts'
import { parseSklearnTrees } from './sklearn.ts'
import { constant, sklearnText, stump, type Keys } from './sklearn-text.test-data.ts'

const row = (a: number, b = 0): Float64Array => Float64Array.of(a, b)

type Answer = { readonly raw: number[]; readonly predicted: number[] }

/** What the kernel and the interpreter, which must agree, answer for rows. */
function answersOf(text: string, rows: readonly Float64Array[]): Answer[] {
  const ensemble = parseSklearnTrees(text)
  const [first, second] = (['interpreter', 'bit-slab'] as const).map((engine) => {
    const evaluator = instantiateForest(compileForest(ensemble, { engine }))
    return rows.map((values) => {
      const [raw, predicted] = [new Float64Array(ensemble.outputs), new Float64Array(ensemble.outputs)]
      evaluator.predictRaw(values, raw)
      evaluator.predict(values, predicted)
      return { raw: [...raw], predicted: [...predicted] }
    })
  })
  assert.deepEqual(first, second)
  return first!
}
const answers = (text: string, values: Float64Array): Answer => answersOf(text, [values])[0]!

/** The side that each value of input 0 takes at the split of a tree, L or R. */
const sides = (tree: Keys, xs: readonly number[], keys: Keys = {}): string =>
  answersOf(
    sklearnText([stump(tree)], keys),
    xs.map((x) => row(x)),
  )
    .map(({ raw }) => (raw[0] === 1 ? 'L' : 'R'))
    .join('')

test('a numeric split sends values up to and including its threshold left', () => {
  assert.equal(sides({}, [0.4, 0.5, 0.5000000000000001, Infinity, -Infinity]), 'LLRRL')
})

test('inputs are rounded to float32 where the model says so, thresholds never', () => {
  const threshold = [1 + 2 ** -30]
  const xs = [1, 1 + 2 ** -31, 1 + 2 ** -29, 1 + 2 ** -23]
  assert.equal(sides({ threshold }, xs), 'LLRR')
  assert.equal(sides({ threshold }, xs, { round_inputs: true }), 'LLLR')
  assert.equal(sides({ threshold: [3.5e38] }, [3.4e38, 1e39], { round_inputs: true }), 'LR')
})

test('NaN goes where missing_left says, at every split', () => {
  for (const round_inputs of [false, true])
    for (const threshold of [-1, 0, 1, 'inf', '-inf'])
      for (const left of [0, 1]) assert.equal(sides({ threshold: [threshold], missing_left: [left] }, [NaN], { round_inputs }), left === 1 ? 'L' : 'R')
})

test('a threshold of infinity splits NaN from all other values', () => {
  assert.equal(sides({ threshold: ['inf'] }, [1e308, Infinity, -Infinity, NaN]), 'LLLR')
  assert.equal(sides({ threshold: ['-inf'], missing_left: [1] }, [1e308, Infinity, -1e308, NaN]), 'RRRL')
})

const categories = { categories: [[-2, 0.5, 7, 20240115], null] }

test('a categorical split knows its values by position in the list of known ones', () => {
  assert.equal(sides({ threshold: [[0, 2]] }, [-2, 0.5, 7, 20240115], categories), 'LRLR')
  assert.equal(sides({ threshold: [[3]] }, [-2, 0.5, 7, 20240115], categories), 'RRRL')
  assert.equal(sides({ threshold: [[]] }, [-2, 0.5, 7, 20240115], categories), 'RRRR')
})

test('a category that training never met goes where missing values go, also one between two known ones', () => {
  const unknown = [NaN, 0, 1, 2, 3, 7.000000000000001, 0.6, -1, -0.5, 1e18, Infinity, -Infinity]
  assert.equal(sides({ threshold: [[0, 1, 2, 3]], missing_left: [0] }, unknown, categories), 'R'.repeat(unknown.length))
  assert.equal(sides({ threshold: [[]], missing_left: [1] }, unknown, categories), 'L'.repeat(unknown.length))
})

test('as many categories as scikit-learn can have reach every word of a set', () => {
  const known = Array.from({ length: 255 }, (_, i) => i * 3)
  const members = known.map((_, code) => code).filter((code) => code % 7 === 0)
  assert.equal(sides({ threshold: [members] }, known, { categories: [known, null] }), known.map((_, code) => (code % 7 === 0 ? 'L' : 'R')).join(''))
})

test('category sets are counted per tree', () => {
  const trees = [stump({ threshold: [[0]] }), stump({ threshold: [[1]], values: [[10, 20]] })]
  assert.deepEqual(
    [-2, 0.5, 7].map((x) => answers(sklearnText(trees, categories), row(x)).raw[0]),
    [21, 12, 22],
  )
})

test('sums begin at the base and run in tree order', () => {
  assert.deepEqual(answers(sklearnText([constant(0.2), constant(0.3)], { base: [0.1] }), row(0)).raw, [0.1 + 0.2 + 0.3])
  assert.notEqual(0.1 + 0.2 + 0.3, 0.1 + (0.2 + 0.3))
})

test('trees of one value belong to the outputs in turn, leaves of several values to all of them', () => {
  const three = { base: [1, 2, 3] }
  assert.deepEqual(
    answers(
      sklearnText(
        [10, 20, 30, 100, 200, 300].map((value) => constant(value)),
        three,
      ),
      row(0),
    ).raw,
    [111, 222, 333],
  )
  const vector = stump({
    values: [
      [10, 11],
      [20, 21],
      [30, 31],
    ],
  })
  assert.deepEqual(answers(sklearnText([vector, constant(100, 200, 300)], three), row(0)).raw, [111, 222, 333])
  assert.deepEqual(answers(sklearnText([vector], three), row(1)).raw, [12, 23, 34])
})

test('a forest divides the sum by the number of its trees, whatever its outputs', () => {
  assert.deepEqual(
    answers(
      sklearnText(
        [0.1, 0.2, 0.7].map((value) => constant(value)),
        { average: true },
      ),
      row(0),
    ).predicted,
    [(0.1 + 0.2 + 0.7) / 3],
  )
  assert.deepEqual(answers(sklearnText([constant(0.25, 0.75), constant(0.5, 0.5)], { base: [0, 0], average: true }), row(0)).predicted, [0.375, 0.625])
})

test('each transform is scikit-learn its own', () => {
  const one = (transform: Keys): number => answers(sklearnText([constant(0.7)], { transform }), row(0)).predicted[0]!
  assert.equal(one({ kind: 'identity' }), 0.7)
  assert.equal(one({ kind: 'exponential' }), Math.exp(0.7))
  assert.equal(one({ kind: 'sigmoid', slope: 1 }), 1 / (1 + Math.exp(-0.7)))
  assert.equal(one({ kind: 'sigmoid', slope: 2 }), 1 / (1 + Math.exp(-1.4)))
  const [a, b] = answers(sklearnText([constant(1, 2)], { base: [0, 0], transform: { kind: 'softmax' } }), row(0)).predicted
  assert.deepEqual([a, b], [Math.exp(-1) / (Math.exp(-1) + 1), 1 / (Math.exp(-1) + 1)])
})

test('names and what made the model are kept', () => {
  const { featureNames, objective, inputs, outputs } = parseSklearnTrees(sklearnText([stump()], { feature_names: ['rsi(14)', 'é'] }))
  assert.deepEqual([featureNames, objective, inputs, outputs], [['rsi(14)', 'é'], 'GradientBoostingRegressor', 2, 1])
})

test('weights through nodes and leaves are read where every tree has them', () => {
  const counted = stump({ cover: { nodes: [30], leaves: [10.5, 19.5] } })
  const one = { ...constant(1), cover: { nodes: [], leaves: [30] } }
  assert.deepEqual(parseSklearnTrees(sklearnText([counted, one])).cover, { node: Float64Array.of(30), leaf: Float64Array.of(10.5, 19.5, 30) })
  assert.equal(parseSklearnTrees(sklearnText([counted, stump()])).cover, undefined)
})

test('a tree of a thousand outputs is read, one of more is refused', () => {
  const textOf = (outputs: number): string => {
    const zeros = Array.from({ length: outputs }, () => 0)
    return sklearnText([{ ...constant(), values: zeros.map((value) => [value]) }], { base: zeros })
  }
  assert.equal(parseSklearnTrees(textOf(1000)).leafWidth, 1000)
  assert.throws(() => parseSklearnTrees(textOf(1001)), { name: 'ModelFormatError', message: /"base" has 1001 values: at most 1000/ })
})
