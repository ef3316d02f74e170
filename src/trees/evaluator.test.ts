import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomEnsemble, type EnsembleShape } from './arbitrary-ensemble.test-data.ts'
import { chooseEngine } from './choose-engine.ts'
import { compileForest } from './compile.ts'
import { instantiateForest } from './evaluator.ts'
import { warmUp } from './warm-up.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 2, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }

test('the shape of the ensemble decides the engine: the bit-slab kernel, the wide one for very large trees, the interpreter for few trees', () => {
  assert.equal(chooseEngine(randomEnsemble(shape)), 'bit-slab')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, trees: 1, outputs: 1 })), 'interpreter')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, leaves: 5000, seed: 3 })), 'wide')
})

test('an evaluator says what it is and what it takes', () => {
  for (const engine of ['bit-slab', 'wide', 'interpreter'] as const) {
    const { name, inputs, outputs, memoryBytes } = instantiateForest(compileForest(randomEnsemble(shape), { engine }))
    assert.deepEqual({ name, inputs, outputs }, { name: engine, inputs: 10, outputs: 2 })
    assert.ok(memoryBytes > 5_000)
  }
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
