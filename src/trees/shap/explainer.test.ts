import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, property } from 'fast-check'
import { ensembleShapes, type EnsembleShape, randomEnsemble, rowsOf } from '../arbitrary-ensemble.test-data.ts'
import type { Ensemble } from '../ensemble.ts'
import { interpretRaw } from '../interpret.ts'
import { compileExplanations } from './compile-explanations.ts'
import { exactContributions } from './exact.ts'
import { type Explainer, instantiateExplainer } from './explainer.ts'

const shape: EnsembleShape = { trees: 12, leaves: 31, inputs: 10, outputs: 2, categorical: 1, missingTypes: 3, spread: 40, seed: 7 }
const values = [NaN, 0, -3, 2.25, 33, Infinity]
const largest = (numbers: Iterable<number>): number => Math.max(...Array.from(numbers, Math.abs))

function explainerOf(ensemble: Ensemble): Explainer {
  return instantiateExplainer(compileExplanations(ensemble) ?? assert.fail('it cannot be explained'))
}

function explain({ inputs, outputs, contributions }: Pick<Explainer, 'inputs' | 'outputs' | 'contributions'>, row: Float64Array): Float64Array {
  const out = new Float64Array(outputs * (inputs + 1)).fill(NaN)
  contributions(row, out)
  return out
}

/** The sums of the contributions are the raw scores of an ensemble whose sums are not rounded, to 1e-12 of the largest number among them. */
function checkSums(ensemble: Ensemble, row: Float64Array, contributions: Float64Array): void {
  const { inputs, outputs } = ensemble
  const raw = new Float64Array(outputs)
  interpretRaw({ ...ensemble, roundSums: false }, row, raw)
  raw.forEach((score, k) => {
    const parts = contributions.subarray(k * (inputs + 1), (k + 1) * (inputs + 1))
    const sum = parts.reduce((total, part) => total + part, 0)
    assert.ok(Math.abs(sum - score) <= 1e-12 * largest([...parts, score]), `output ${k}: ${sum} is not ${score}`)
  })
}

function checkExact(ensemble: Ensemble, row: Float64Array, contributions: Float64Array): void {
  const exact = explain({ ...ensemble, contributions: exactContributions(ensemble) }, row)
  const bound = 1e-10 * largest(exact)
  exact.forEach((value, i) => assert.ok(Math.abs(contributions[i]! - value) <= bound, `value ${i} is ${contributions[i]}, not ${value}`))
}

test('for any ensemble and any row the contributions are those of the specification and add up to the raw score', () => {
  const anyCase = ensembleShapes.chain((drawn) => rowsOf(drawn.inputs).map((rows) => ({ drawn, rows: rows.map((row) => Float64Array.from(row)) })))
  assertProperty(
    property(anyCase, ({ drawn, rows }) => {
      const ensemble = randomEnsemble(drawn)
      const explainer = explainerOf(ensemble)
      for (const row of rows.slice(0, 3)) {
        const contributions = explain(explainer, row)
        checkExact(ensemble, row, contributions)
        checkSums(ensemble, row, contributions)
      }
    }),
    { numRuns: 60 },
  )
})

test('one row leaves nothing behind for the next', () => {
  const explainer = explainerOf(randomEnsemble(shape))
  const rows = values.map((value) => new Float64Array(shape.inputs).fill(value))
  const once = rows.map((row) => explain(explainer, row))
  assert.deepEqual(
    rows.toReversed().map((row) => explain(explainer, row)),
    once.toReversed(),
  )
})

test('what explains survives a structured clone and gives the same', () => {
  const compiled = compileExplanations(randomEnsemble(shape)) ?? assert.fail()
  const [here, there] = [instantiateExplainer(compiled), instantiateExplainer(structuredClone(compiled))]
  for (const value of values) {
    const row = new Float64Array(shape.inputs).fill(value)
    assert.deepEqual(explain(there, row), explain(here, row))
  }
})

/** One path that asks for every input in turn, `turns` times; every other row leaves it at each decision. */
function chain(inputs: number, turns = 1): Ensemble {
  const nodes = inputs * turns
  const every = <T extends { readonly length: number }>(
    from: { from(range: { length: number }, of: (_: unknown, i: number) => number): T },
    of: (i: number) => number,
  ): T => from.from({ length: nodes }, (_, i) => of(i))
  const ensemble = randomEnsemble({ ...shape, trees: 1, leaves: 1, inputs, outputs: 1, categorical: 0 })
  return {
    ...ensemble,
    nodeOffset: Int32Array.of(0, nodes),
    leafOffset: Int32Array.of(0, nodes + 1),
    feature: every(Int32Array, (i) => i % inputs),
    threshold: every(Float64Array, (i) => -Math.floor(i / inputs)),
    flags: new Uint8Array(nodes),
    left: every(Int32Array, (i) => (i + 1 < nodes ? i + 1 : ~nodes)),
    right: every(Int32Array, (i) => ~i),
    leafValue: Float64Array.from({ length: nodes + 1 }, (_, i) => 1 + (i % 7)),
    cover: { node: every(Float64Array, (i) => nodes + 1 - i), leaf: new Float64Array(nodes + 1).fill(1) },
  }
}

test('a path of hundreds of features, or of thousands of decisions about a few, still adds up', () => {
  for (const ensemble of [chain(399), chain(5, 400), chain(50, 100)])
    for (const value of [-1e9, 1e9, -2]) {
      const row = Float64Array.from({ length: ensemble.inputs }, (_, i) => (i % 3 === 0 ? -1e9 : value))
      checkSums(ensemble, row, explain(explainerOf(ensemble), row))
    }
})

/** Shapley values of a chain by their definition: the average over all orders of what a feature adds, v(S) being the tree's value when the features of the set S are known. */
function byDefinition(ensemble: Ensemble, row: Float64Array): Float64Array {
  const { inputs, feature, threshold, leafValue, cover } = ensemble
  const nodes = feature.length
  const valueOf = (known: number): number => {
    let [share, sum] = [1, 0]
    for (let i = 0; i < nodes; i++) {
      const rows = cover!.node[i]!
      const isKnown = ((known >> feature[i]!) & 1) === 1
      const leaving = isKnown ? Number(row[feature[i]!]! > threshold[i]!) : 1 / rows
      sum += share * leaving * leafValue[i]!
      share *= 1 - leaving
    }
    return sum + share * leafValue[nodes]!
  }
  const values = Float64Array.from({ length: 2 ** inputs }, (_, known) => valueOf(known))
  const sizes = Array.from(values, (_, known) => Array.from({ length: inputs }, (__, f) => (known >> f) & 1).reduce((a, b) => a + b, 0))
  const weights = [1 / inputs]
  for (let size = 1; size < inputs; size++) weights.push((weights[size - 1]! * size) / (inputs - size))
  const contributions = Array.from({ length: inputs }, (_, f) =>
    values.reduce((sum, value, known) => ((known >> f) & 1 ? sum : sum + weights[sizes[known]!]! * (values[known | (1 << f)]! - value)), 0),
  )
  return Float64Array.of(...contributions, values[0]!)
}

// LightGBM's algorithm divides again and again by small shares here: 8e-13 away from the definition at 12 features, 7e-10 at 20.
test('on a path of many features the contributions are Shapley values by their definition', () => {
  const ensemble = chain(12, 3)
  for (const value of [-1e9, 1e9, -2]) {
    const row = Float64Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? -1e9 : value))
    const contributions = explain(explainerOf(ensemble), row)
    byDefinition(ensemble, row).forEach((defined, i) =>
      assert.ok(Math.abs(contributions[i]! - defined) < 1e-13, `value ${i}: ${contributions[i]}, not ${defined}`),
    )
  }
})

test('nodes through which no training row came give finite contributions that add up', () => {
  const ensemble = randomEnsemble({ ...shape, trees: 30 })
  const { node, leaf } = ensemble.cover!
  const empty = { ...ensemble, cover: { node: node.map((rows, i) => (i % 2 === 0 ? 0 : rows)), leaf: leaf.map((rows, i) => (i % 3 === 0 ? 0 : rows)) } }
  for (const value of values) {
    const row = Float64Array.from({ length: shape.inputs }, (_, i) => value + i)
    const contributions = explain(explainerOf(empty), row)
    assert.ok(contributions.every(Number.isFinite))
    checkSums(empty, row, contributions)
  }
})

test('trees of one leaf contribute nothing but their value', () => {
  const ensemble = randomEnsemble({ ...shape, leaves: 1, outputs: 1 })
  const contributions = explain(explainerOf(ensemble), new Float64Array(shape.inputs))
  assert.deepEqual(
    [...contributions.subarray(0, -1)],
    Array.from({ length: shape.inputs }, () => 0),
  )
  checkSums(ensemble, new Float64Array(shape.inputs), contributions)
})

test('without cover, with linear leaves, or with too many features on a path there is no explanation', () => {
  const ensemble = randomEnsemble(shape)
  assert.equal(compileExplanations({ ...ensemble, cover: undefined }), undefined)
  const none = new Int32Array(ensemble.leafValue.length + 1)
  const linear = { isLinear: new Uint8Array(ensemble.trees), constant: ensemble.leafValue, termOffset: none, feature: none, coefficient: ensemble.leafValue }
  assert.equal(compileExplanations({ ...ensemble, linear }), undefined)
  assert.equal(compileExplanations(chain(401)), undefined)
})

test('an ensemble whose walk needs more memory than is allowed has no explanation', () => {
  assert.equal(compileExplanations(chain(400, 200)), undefined)
  assert.equal(compileExplanations(randomEnsemble({ ...shape, trees: 1, leaves: 2, inputs: 2000, outputs: 500 })), undefined)
})
