import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomEnsemble, type EnsembleShape } from '../arbitrary-ensemble.test-data.ts'
import { compileForest } from '../compile.ts'
import { forestSource } from '../forest-source.ts'
import { planSlab } from './plan.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 1, categorical: 1, missingTypes: 3, spread: 40, seed: 7 }

test('an ensemble beyond the kernel, by leaves, columns or category tables, has no plan or goes to the wide kernel', () => {
  assert.equal(planSlab(forestSource(randomEnsemble({ ...shape, leaves: 3000, seed: 3 }), true)), undefined)
  assert.equal(planSlab(forestSource(randomEnsemble({ ...shape, inputs: 400, leaves: 200, trees: 40 }), true)), undefined)
  const ensemble = randomEnsemble({ ...shape, trees: 1, leaves: 30, inputs: 1 })
  const words = 5_000
  const wide = {
    ...ensemble,
    categoryOffset: ensemble.categoryOffset.map((_, k) => k * words),
    categoryWords: new Uint32Array(words * (ensemble.categoryOffset.length - 1)).fill(0xf0f0f0f0),
  }
  assert.ok(ensemble.categoryOffset.length > 2)
  assert.equal(compileForest(wide, { engine: 'bit-slab' }).engine, 'wide')
})

test('tables of one large category a node are left to the wide kernel, those of sets with many categories are not', () => {
  const ensemble = randomEnsemble({ ...shape, trees: 400, leaves: 40, inputs: 1 })
  const sets = ensemble.categoryOffset.length - 1
  const words = 8
  const withSets = (word: (i: number) => number): string =>
    compileForest(
      {
        ...ensemble,
        categoryOffset: Int32Array.from({ length: sets + 1 }, (_, k) => k * words),
        categoryWords: Uint32Array.from({ length: sets * words }, (_, i) => word(i)),
      },
      { engine: 'bit-slab', batch: false },
    ).engine
  assert.equal(
    withSets((i) => (i % words === words - 1 ? 0x40000000 : 0)),
    'wide',
  )
  assert.equal(
    withSets(() => 0xf0f0f0f0),
    'bit-slab',
  )
})
