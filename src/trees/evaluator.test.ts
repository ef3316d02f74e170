import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomEnsemble, type EnsembleShape } from './arbitrary-ensemble.test-data.ts'
import { chooseEngine } from './choose-engine.ts'
import { compileForest } from './compile.ts'
import { instantiateForest } from './evaluator.ts'
import { warmUp } from './warm-up.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 2, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }

test('the shape of the ensemble decides the engine: the kernel, but for few trees and very large ones', () => {
  assert.equal(chooseEngine(randomEnsemble(shape)), 'bit-slab')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, trees: 1, outputs: 1 })), 'interpreter')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, leaves: 5000, seed: 3 })), 'interpreter')
})

test('an evaluator says what it is and what it takes', () => {
  for (const engine of ['bit-slab', 'interpreter'] as const) {
    const { name, inputs, outputs, memoryBytes } = instantiateForest(compileForest(randomEnsemble(shape), { engine }))
    assert.deepEqual({ name, inputs, outputs }, { name: engine, inputs: 10, outputs: 2 })
    assert.ok(memoryBytes > 5_000)
  }
})

test('two evaluators of one compiled forest do not share memory', () => {
  const compiled = compileForest(randomEnsemble(shape))
  const [one, other] = [instantiateForest(compiled), instantiateForest(compiled)]
  const row = new Float64Array(10).fill(1)
  const [before, after] = [new Float64Array(2), new Float64Array(2)]
  one.predictRaw(row, before)
  other.predictRaw(new Float64Array(10).fill(-3), new Float64Array(2))
  one.predictRaw(row, after)
  assert.deepEqual(after, before)
})

test('warming up runs the evaluator that many times and changes no answer', () => {
  const evaluator = instantiateForest(compileForest(randomEnsemble(shape)))
  let calls = 0
  const predict: typeof evaluator.predict = (row, out) => {
    calls++
    evaluator.predict(row, out)
  }
  warmUp({ ...evaluator, predict }, 300)
  assert.equal(calls, 300)
})
