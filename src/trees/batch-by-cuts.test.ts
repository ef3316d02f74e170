import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomEnsemble, type EnsembleShape } from './arbitrary-ensemble.test-data.ts'
import { gainsByCuts, waitingBytes } from './batch-by-cuts.ts'
import { compileForest } from './compile.ts'
import { instantiateForest } from './evaluator.ts'
import { interpretRaw } from './interpret.ts'
import { cutForest } from './kernel/kernel.ts'

const shape: EnsembleShape = { trees: 130, leaves: 300, inputs: 6, outputs: 3, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }

for (const engine of ['bt4', 'wide'] as const)
  for (const float32 of [false, true])
    test(`a batch that goes through the forest in cuts gives the raw scores of its rows: ${engine}${float32 ? ', float32 sums' : ''}`, () => {
      const ensemble = randomEnsemble({ ...shape, float32, categorical: engine === 'wide' ? 1 : 0 })
      const compiled = compileForest(ensemble, { engine })
      assert.ok(compiled.engine === engine && compiled.stages!.cuts.length > 3)
      const { inputs, outputs } = ensemble
      const count = 150
      const rows = Float64Array.from({ length: count * inputs }, (_, i) => (i % 11 === 3 && i % 2 === 1 ? NaN : ((i * 13) % 41) / 4 - 5))
      const [got, expected, predicted] = [0, 1, 2].map(() => new Float64Array(count * outputs)) as [Float64Array, Float64Array, Float64Array]
      for (let r = 0; r < count; r++) interpretRaw(ensemble, rows.subarray(r * inputs, (r + 1) * inputs), expected.subarray(r * outputs, (r + 1) * outputs))
      const evaluator = instantiateForest({ ...compiled, finish: { outputs, transform: { kind: 'identity' }, divisor: 2, float32: false } })
      for (const size of [count, 64, 1]) {
        got.fill(0)
        evaluator.predictBatchRaw(rows, size, got)
        assert.deepEqual(got.subarray(0, size * outputs), expected.subarray(0, size * outputs))
      }
      evaluator.predictBatch(rows, count, predicted)
      assert.deepEqual(
        predicted,
        expected.map((value) => value / 2),
      )
    })

test('a forest is cut where a cut would outgrow the cache, at whole units of trees', () => {
  const kilobytes = (sizes: readonly number[]): number[] => sizes.map((size) => size * 1024)
  assert.deepEqual(cutForest(kilobytes([0, 100]), 8), [0, 1])
  assert.deepEqual(cutForest(kilobytes([0, 100, 200, 300, 400, 500, 600]), 2), [0, 2, 4, 6])
  assert.deepEqual(cutForest(kilobytes([0, 10, 20, 30, 500, 510]), 1), [0, 3, 4, 5])
})

test('rows that wait for their cut count as memory, and rows of very many inputs do not wait', () => {
  for (const [inputs, waits] of [
    [6, true],
    [300, true],
    [1500, false],
  ] as const) {
    const compiled = compileForest(randomEnsemble({ ...shape, inputs }), { engine: 'wide' })
    assert.ok(compiled.engine === 'wide' && compiled.batch === undefined)
    const stages = compiled.stages!
    assert.ok(stages.cuts.length > 3)
    assert.equal(gainsByCuts(stages), waits)
    assert.equal(instantiateForest(compiled).memoryBytes, compiled.image.length + (waits ? waitingBytes(stages) : 0))
  }
})
