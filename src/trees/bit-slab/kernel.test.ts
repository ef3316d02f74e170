import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, property } from 'fast-check'
import { ensembleShapes, randomEnsemble, rowsOf, type EnsembleShape } from '../arbitrary-ensemble.test-data.ts'
import { compileForest, type CompileOptions } from '../compile.ts'
import type { Ensemble } from '../ensemble.ts'
import { instantiateForest } from '../evaluator.ts'
import { interpretRaw } from '../interpret.ts'
import { planSlab } from './plan.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 1, categorical: 1, missingTypes: 3, spread: 40, seed: 7 }

function checkRows(ensemble: Ensemble, rows: readonly Float64Array[], options: CompileOptions): void {
  const kernel = instantiateForest(compileForest(ensemble, { engine: 'bit-slab', ...options }))
  const [got, expected] = [new Float64Array(ensemble.outputs), new Float64Array(ensemble.outputs)]
  for (const row of rows) {
    interpretRaw(ensemble, row, expected)
    kernel.predictRaw(row, got)
    for (let k = 0; k < ensemble.outputs; k++)
      assert.ok(Object.is(got[k], expected[k]), `${kernel.name}: row ${row.join(' ')} gives ${got[k]}, not ${expected[k]}`)
  }
}

test('the kernel gives the interpreter its raw scores bit for bit, for any ensemble and any row', (t) => {
  let kernels = 0
  const anyCase = ensembleShapes.chain((drawn) => rowsOf(drawn.inputs).map((rows) => ({ drawn, rows: rows.map((row) => Float64Array.from(row)) })))
  assertProperty(
    property(anyCase, ({ drawn, rows }) => {
      const ensemble = randomEnsemble(drawn)
      kernels += compileForest(ensemble, { engine: 'bit-slab' }).engine === 'bit-slab' ? 1 : 0
      checkRows(ensemble, rows, {})
    }),
    { numRuns: 60 },
  )
  t.diagnostic(`${kernels} kernels`)
  assert.ok(kernels > 30, 'most random ensembles fit the kernel')
})

test('a row that equals the thresholds, or lies a step beside them, is ranked exactly', () => {
  for (const spread of [5, 100_000]) {
    const ensemble = randomEnsemble({ ...shape, inputs: 2, categorical: 0, leaves: 200, spread })
    const numbers = [...new Set(ensemble.threshold)].flatMap((value) => [value, value + Math.abs(value) * 2 ** -52, value - Math.abs(value) * 2 ** -52])
    const rows = numbers.map((value, i) => Float64Array.of(value, numbers[(i * 7) % numbers.length]!))
    checkRows(ensemble, rows.slice(0, 3000), {})
  }
})

test('without relaxed vector instructions the answers are the same', () => {
  const rows = [NaN, 0, -3, 2.25, Infinity].map((value) => new Float64Array(shape.inputs).fill(value))
  for (const inputs of [10, 60])
    checkRows(
      randomEnsemble({ ...shape, inputs }),
      rows.map((row) => new Float64Array(inputs).fill(row[0]!)),
      { relaxedSimd: false },
    )
})

test('one row leaves nothing behind for the next', () => {
  const ensemble = randomEnsemble(shape)
  const rows = Array.from({ length: 50 }, (_, r) => Float64Array.from({ length: shape.inputs }, (_, i) => ((r * 13 + i * 5) % 41) / 4 - 5))
  checkRows(ensemble, [...rows, ...rows.toReversed()], {})
})

test('a compiled forest survives a structured clone and evaluates the same', () => {
  const ensemble = randomEnsemble(shape)
  for (const engine of ['bit-slab', 'interpreter'] as const) {
    const compiled = compileForest(ensemble, { engine })
    assert.equal(compiled.engine, engine)
    const [here, there] = [instantiateForest(compiled), instantiateForest(structuredClone(compiled))]
    const [a, b] = [new Float64Array(1), new Float64Array(1)]
    for (const value of [NaN, -1, 0.3, 7]) {
      const row = new Float64Array(shape.inputs).fill(value)
      here.predict(row, a)
      there.predict(row, b)
      assert.deepEqual(a, b)
    }
  }
})

test('an ensemble beyond the kernel, by leaves, columns or category tables, has no plan or goes to the interpreter', () => {
  assert.equal(planSlab(randomEnsemble({ ...shape, leaves: 3000, seed: 3 })), undefined)
  assert.equal(planSlab(randomEnsemble({ ...shape, inputs: 400, leaves: 200, trees: 40 })), undefined)
  const ensemble = randomEnsemble({ ...shape, trees: 1, leaves: 30, inputs: 1 })
  const words = 2_000_000
  const wide = {
    ...ensemble,
    categoryOffset: ensemble.categoryOffset.map((_, k) => k * words),
    categoryWords: new Uint32Array(words * (ensemble.categoryOffset.length - 1)).fill(0xf0f0f0f0),
  }
  assert.ok(ensemble.categoryOffset.length > 2)
  assert.equal(compileForest(wide, { engine: 'bit-slab' }).engine, 'interpreter')
})
