import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, boolean, constantFrom, integer, property, record } from 'fast-check'
import { ensembleShapes, formedEnsemble, randomEnsemble, rowsOf, type EnsembleShape } from '../arbitrary-ensemble.test-data.ts'
import type { Ensemble } from '../ensemble.ts'
import { forestSource } from '../forest-source.ts'
import { interpretRaw } from '../interpret.ts'
import { SpareMemories } from '../kernel/spare-memories.ts'
import { atOnce } from '../steps.ts'
import { batchEvaluatorSteps } from './batch-evaluator.ts'
import { blockRows } from './block.ts'
import { compileBatch } from './compile-batch.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 1, categorical: 1, missingTypes: 3, spread: 40, seed: 7 }

function interpreted(ensemble: Ensemble, rows: Float64Array, count: number): Float64Array {
  const { inputs, outputs } = ensemble
  const out = new Float64Array(count * outputs)
  for (let r = 0; r < count; r++) interpretRaw(ensemble, rows.subarray(r * inputs, (r + 1) * inputs), out.subarray(r * outputs, (r + 1) * outputs))
  return out
}

/** The first of `count` values that differs in a bit, -1 if none. */
const firstDifference = (got: Float64Array, expected: Float64Array): number => expected.findIndex((value, i) => !Object.is(value, got[i]))

function checkBatch(ensemble: Ensemble, rows: Float64Array, relaxed = true): void {
  const compiled = compileBatch(forestSource(ensemble, relaxed))
  assert.ok(compiled !== undefined)
  const count = rows.length / ensemble.inputs
  const got = new Float64Array(count * ensemble.outputs)
  atOnce(batchEvaluatorSteps(compiled, new SpareMemories())).predictBatchRaw(rows, count, got)
  const expected = interpreted(ensemble, rows, count)
  const at = firstDifference(got, expected)
  assert.equal(at, -1, `value ${at} of ${count} rows is ${got[at]}, not ${expected[at]}`)
}

/** Rows drawn from a few, over and over in another order. */
function repeated(rows: readonly (readonly number[])[], count: number): Float64Array {
  return Float64Array.from(Array.from({ length: count }, (_, r) => rows[(r * 7 + (r >> 4)) % rows.length]!).flat())
}

test('a batch gives the interpreter its raw scores bit for bit, for any ensemble, any rows and any number of them', (t) => {
  let batches = 0
  const anyCase = ensembleShapes.chain((drawn) =>
    record({ drawn: constantFrom(drawn), rows: rowsOf(drawn.inputs), count: integer({ min: 1, max: 2 * blockRows + 20 }), relaxed: boolean() }),
  )
  assertProperty(
    property(anyCase, ({ drawn, rows, count, relaxed }) => {
      const ensemble = randomEnsemble(drawn)
      if (compileBatch(forestSource(ensemble, relaxed)) === undefined) return
      batches++
      checkBatch(ensemble, repeated(rows, count), relaxed)
    }),
    { numRuns: 60 },
  )
  t.diagnostic(`${batches} batches`)
  assert.ok(batches > 40, 'most random ensembles fit the kernel')
})

test('a row that equals the thresholds, or lies a step beside them, is ranked exactly', () => {
  for (const spread of [5, 100_000]) {
    const ensemble = randomEnsemble({ ...shape, inputs: 2, categorical: 0, leaves: 200, spread })
    const numbers = [...new Set(ensemble.threshold)].flatMap((value) => [value, value + Math.abs(value) * 2 ** -52, value - Math.abs(value) * 2 ** -52])
    checkBatch(ensemble, Float64Array.from(numbers.flatMap((value, i) => [value, numbers[(i * 7) % numbers.length]!]).slice(0, 6000)))
  }
})

test('thresholds of every size beside each other are told apart', () => {
  const sizes = [5e-324, 1e-310, 1e-200, 1e-20, 0.1, 3, 1e20, 1e200, 1.7e308, Infinity]
  const values = [...sizes, ...sizes.map((size) => -size), 0, -0]
  for (const few of [1, 2, values.length]) {
    const ensemble = randomEnsemble({ ...shape, inputs: 1, categorical: 0, leaves: 60 })
    const threshold = ensemble.threshold.map((_, node) => values[(node * 5 + few) % few]!)
    checkBatch({ ...ensemble, threshold }, Float64Array.from([...values, NaN]))
  }
})

test('categories beyond one vector of bits, negative, broken, unknown and missing ones are decided as the interpreter does', () => {
  const words = 20
  const ensemble = randomEnsemble({ ...shape, inputs: 2, categorical: 2 })
  const wide = {
    ...ensemble,
    categoryOffset: ensemble.categoryOffset.map((_, k) => k * words),
    categoryWords: Uint32Array.from({ length: words * (ensemble.categoryOffset.length - 1) }, (_, i) => Math.imul(i + 1, 0x9e3779b1)),
  }
  const values = [NaN, -1, -0.5, -0, 0.9, 125, 126, 127, 128, 129, 253, 254, 255, 256, 511, 639, 640, 641, 2 ** 31, 1e18, -1e18, Infinity, -Infinity]
  const rows = values.flatMap((a) => values.map((b) => [a, b])).flat()
  for (const relaxed of [true, false]) checkBatch(wide, Float64Array.from(rows), relaxed)
})

test('sums of nothing but -0 stay -0', () => {
  const ensemble = randomEnsemble({ ...shape, outputs: 2 })
  checkBatch({ ...ensemble, leafValue: new Float64Array(ensemble.leafValue.length).fill(-0), base: Float64Array.of(-0, -0) }, new Float64Array(300))
})

test('trees of one leaf and of any shape up to 256 leaves are evaluated', () => {
  checkBatch(randomEnsemble({ ...shape, leaves: 1 }), new Float64Array(30))
  const rows = Float64Array.from({ length: 300 }, (_, i) => ((i * 37) % 101) / 9 - 5)
  for (const form of ['balanced', 'deep'] as const) for (const leaves of [2, 64, 256]) checkBatch(formedEnsemble({ form, leaves, trees: 20 }), rows)
})

test('one batch leaves nothing behind for the next', () => {
  const ensemble = randomEnsemble({ ...shape, outputs: 3 })
  const { predictBatchRaw } = atOnce(batchEvaluatorSteps(compileBatch(forestSource(ensemble, true))!, new SpareMemories()))
  const rows = Float64Array.from({ length: 150 * shape.inputs }, (_, i) => ((i * 13) % 41) / 4 - 5)
  const expected = interpreted(ensemble, rows, 150)
  for (const count of [150, 3, 128, 17, 150, 64]) {
    const got = new Float64Array(count * 3)
    predictBatchRaw(rows, count, got)
    assert.equal(firstDifference(got, expected.subarray(0, count * 3)), -1)
  }
})

test('a compiled batch survives a structured clone and evaluates the same', () => {
  const ensemble = randomEnsemble(shape)
  const compiled = compileBatch(forestSource(ensemble, true))!
  const rows = Float64Array.from({ length: 40 * shape.inputs }, (_, i) => ((i * 13) % 41) / 4 - 5)
  const got = new Float64Array(40)
  atOnce(batchEvaluatorSteps(structuredClone(compiled), new SpareMemories())).predictBatchRaw(rows, 40, got)
  assert.deepEqual(got, interpreted(ensemble, rows, 40))
})

test('large leaves of many values have no batch: rows one by one are faster', () => {
  const batchOf = (outputs: number) => compileBatch(forestSource(randomEnsemble({ ...shape, trees: 100, outputs, shared: true }), true))
  assert.ok(batchOf(100))
  assert.equal(batchOf(150), undefined)
})

test('what the kernel cannot hold has no batch: linear leaves, large trees, very many categories or columns', () => {
  const ensemble = randomEnsemble({ ...shape, inputs: 1 })
  const words = 300
  const sets = ensemble.categoryOffset.length - 1
  assert.ok(sets > 1)
  const categories = { categoryOffset: ensemble.categoryOffset.map((_, k) => k * words), categoryWords: new Uint32Array(words * sets).fill(0xf0f0f0f0) }
  assert.equal(compileBatch(forestSource({ ...ensemble, ...categories }, true)), undefined)
  const terms = ensemble.leafValue.length
  const linear = {
    isLinear: new Uint8Array(1),
    constant: new Float64Array(terms),
    termOffset: new Int32Array(terms + 1),
    feature: new Int32Array(0),
    coefficient: new Float64Array(0),
  }
  assert.equal(compileBatch(forestSource({ ...ensemble, linear }, true)), undefined)
  assert.equal(compileBatch(forestSource(randomEnsemble({ ...shape, leaves: 3000, seed: 3 }), true)), undefined)
  assert.equal(compileBatch(forestSource(randomEnsemble({ ...shape, trees: 60, leaves: 200, inputs: 3000 }), true)), undefined)
})

test('a batch is rehearsed a few trees at a time, each kind of step as often as its work asks for, and changes no answer', () => {
  const ensemble = randomEnsemble({ ...shape, trees: 400, leaves: 127 })
  const compiled = compileBatch(forestSource(ensemble, true))!
  const { rehearse, predictBatchRaw } = atOnce(batchEvaluatorSteps(compiled, new SpareMemories()))
  const rows = repeated([Array.from({ length: shape.inputs }, (_, i) => i - 3)], blockRows)
  const matches = ensemble.feature.length
  for (const count of [1, 16, 17, blockRows]) {
    const steps = [...rehearse(rows, count)].length
    assert.equal(steps, Math.ceil((matches * Math.ceil(count / 16)) / 25_000), `${count} rows`)
    const got = new Float64Array(count * ensemble.outputs)
    predictBatchRaw(rows, count, got)
    assert.equal(firstDifference(got, interpreted(ensemble, rows, count)), -1, `${count} rows`)
  }
})
