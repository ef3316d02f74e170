import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assert as assertProperty, property } from 'fast-check'
import { ensembleShapes, randomEnsemble, rowsOf, type EnsembleShape } from './arbitrary-ensemble.test-data.ts'
import { compileForest, type CompiledForest } from './compile.ts'
import type { Engine } from './choose-engine.ts'
import type { Ensemble } from './ensemble.ts'
import { instantiateForest } from './evaluator.ts'
import { interpretRaw } from './interpret.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 2, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }
const anyCase = ensembleShapes.chain((drawn) => rowsOf(drawn.inputs).map((rows) => ({ drawn, rows: rows.map((row) => Float64Array.from(row)) })))

/** A way to run a forest, and what it takes: the features that surely fit, categorical ones among them. */
type Way = { readonly engine: Engine; readonly relaxedSimd?: boolean; readonly inputs: number; readonly categorical: number }

const ways: readonly Way[] = [
  { engine: 'bit-slab', inputs: 60, categorical: 2 },
  { engine: 'bit-slab', relaxedSimd: false, inputs: 60, categorical: 2 },
  { engine: 'bt4', inputs: 10, categorical: 0 },
  { engine: 'bt4', relaxedSimd: false, inputs: 10, categorical: 0 },
  { engine: 'wide', inputs: 60, categorical: 2 },
  { engine: 'interpreter', inputs: 60, categorical: 2 },
]

function checkRows(ensemble: Ensemble, rows: readonly Float64Array[], compiled: CompiledForest): void {
  const evaluator = instantiateForest(compiled)
  const [got, expected] = [new Float64Array(ensemble.outputs), new Float64Array(ensemble.outputs)]
  for (const row of rows) {
    interpretRaw(ensemble, row, expected)
    evaluator.predictRaw(row, got)
    for (let k = 0; k < ensemble.outputs; k++)
      assert.ok(Object.is(got[k], expected[k]), `${evaluator.name}: row ${row.join(' ')} gives ${got[k]}, not ${expected[k]}`)
  }
}

const rowsOfOneValue = (inputs: number, values: readonly number[]): Float64Array[] => values.map((value) => new Float64Array(inputs).fill(value))

for (const { inputs: mostInputs, categorical, ...options } of ways) {
  const { engine } = options
  const within = (drawn: EnsembleShape): EnsembleShape => ({
    ...drawn,
    inputs: Math.min(drawn.inputs, mostInputs),
    categorical: Math.min(drawn.categorical, categorical),
  })
  const runs = options.relaxedSimd === false ? 20 : 60
  const own = (changes: Partial<EnsembleShape>): [Ensemble, CompiledForest] => {
    const ensemble = randomEnsemble({ ...within({ ...shape, categorical: 1 }), ...changes })
    const compiled = compileForest(ensemble, options)
    assert.equal(compiled.engine, engine)
    return [ensemble, compiled]
  }

  describe(`${engine}${options.relaxedSimd === false ? ' without relaxed vector instructions' : ''}`, () => {
    test('gives the interpreter its raw scores bit for bit, for any ensemble and any row', (t) => {
      let fits = 0
      assertProperty(
        property(anyCase, ({ drawn, rows }) => {
          const ensemble = randomEnsemble(within(drawn))
          const compiled = compileForest(ensemble, options)
          fits += compiled.engine === engine ? 1 : 0
          checkRows(ensemble, rows, compiled)
        }),
        { numRuns: runs },
      )
      t.diagnostic(`${fits} of ${runs} fit`)
      assert.ok(fits > runs / 2, 'most random ensembles fit the engine')
    })

    test('ranks a row exactly that equals the thresholds or lies a step beside them', () => {
      for (const spread of [5, 100_000]) {
        const [ensemble, compiled] = own({ inputs: 2, categorical: 0, leaves: 200, spread })
        const numbers = [...new Set(ensemble.threshold)].flatMap((value) => [value, value + Math.abs(value) * 2 ** -52, value - Math.abs(value) * 2 ** -52])
        const rows = numbers.map((value, i) => Float64Array.of(value, numbers[(i * 7) % numbers.length]!))
        checkRows(ensemble, rows.slice(0, 3000), compiled)
      }
    })

    test('takes rows of one special value through few features and many', () => {
      for (const inputs of [10, mostInputs]) {
        const [ensemble, compiled] = own({ inputs })
        checkRows(ensemble, rowsOfOneValue(inputs, [NaN, 0, -3, 2.25, 33, 64, Infinity]), compiled)
      }
    })

    test('keeps nothing of one row for the next', () => {
      const rows = Array.from({ length: 50 }, (_, r) =>
        Float64Array.from({ length: shape.inputs }, (_, i) => (r * i === 12 ? NaN : ((r * 13 + i * 5) % 41) / 4 - 5)),
      )
      const [ensemble, compiled] = own({})
      checkRows(ensemble, [...rows, ...rows.toReversed()], compiled)
    })

    test('gives a batch what it gives row by row', () => {
      for (const shared of [false, true]) {
        const [{ inputs, outputs }, compiled] = own({ shared })
        const evaluator = instantiateForest(compiled)
        const rows = Float64Array.from({ length: 70 * inputs }, (_, i) => (i % 11 === 3 ? NaN : ((i * 13) % 41) / 4 - 5))
        const [batch, single] = [new Float64Array(70 * outputs), new Float64Array(70 * outputs)]
        evaluator.predictBatchRaw(rows, 70, batch)
        for (let r = 0; r < 70; r++) evaluator.predictRaw(rows.subarray(r * inputs), single.subarray(r * outputs))
        assert.deepEqual(batch, single)
      }
    })

    test('evaluates the same after a structured clone', () => {
      const [, compiled] = own({})
      const [here, there] = [instantiateForest(compiled), instantiateForest(structuredClone(compiled))]
      const [a, b] = [new Float64Array(2), new Float64Array(2)]
      for (const row of rowsOfOneValue(shape.inputs, [NaN, -1, 0.3, 7])) {
        here.predict(row, a)
        there.predict(row, b)
        assert.deepEqual(a, b)
      }
    })

    test('shares no memory between two evaluators of one compiled forest', () => {
      const [, compiled] = own({})
      const [one, other] = [instantiateForest(compiled), instantiateForest(compiled)]
      const [row, otherRow] = [new Float64Array(shape.inputs).fill(1), new Float64Array(shape.inputs).fill(-3)]
      const [before, after] = [new Float64Array(2), new Float64Array(2)]
      one.predictRaw(row, before)
      other.predictRaw(otherRow, new Float64Array(2))
      one.predictRaw(row, after)
      assert.deepEqual(after, before)
    })
  })
}

test('a forest of more leaves, features and outputs than other kernels hold runs on the wide one', () => {
  const ensemble = randomEnsemble({ ...shape, trees: 5, leaves: 6000, inputs: 500, outputs: 7, categorical: 3, spread: 100_000, seed: 3 })
  const compiled = compileForest(ensemble, { engine: 'wide' })
  assert.equal(compiled.engine, 'wide')
  const rows = Array.from({ length: 40 }, (_, r) => Float64Array.from({ length: 500 }, (_, i) => ((r * 131 + i * 57) % 1001) * 40 - 20_000))
  checkRows(ensemble, [...rows, ...rowsOfOneValue(500, [NaN, 1, 40, 3e9, -Infinity])], compiled)
})

test('trees that outputs share are stored once', () => {
  for (const engine of ['bt4', 'wide'] as const) {
    const sizes = [true, false].map((shared) => {
      const ensemble = randomEnsemble({ ...shape, trees: 300, leaves: 60, outputs: 10, shared })
      return instantiateForest(compileForest(ensemble, { engine, batch: false })).memoryBytes
    })
    assert.ok(sizes[0]! < 0.5 * sizes[1]!, `${engine}: ${sizes.join(' of ')} bytes`)
  }
})

test('a tree as deep as it has leaves is walked to its end', () => {
  const deep = 3000
  const ensemble = randomEnsemble({ ...shape, trees: 1, leaves: 1, inputs: 1, outputs: 1 })
  const nodes = Array.from({ length: deep }, (_, i) => i)
  const chain: Ensemble = {
    ...ensemble,
    nodeOffset: Int32Array.of(0, deep),
    leafOffset: Int32Array.of(0, deep + 1),
    feature: new Int32Array(deep),
    flags: new Uint8Array(deep),
    threshold: Float64Array.from(nodes),
    left: Int32Array.from(nodes, (i) => ~i),
    right: Int32Array.from(nodes, (i) => (i === deep - 1 ? ~deep : i + 1)),
    leafValue: Float64Array.from({ length: deep + 1 }, (_, leaf) => leaf / 7),
    cover: undefined,
  }
  checkRows(chain, rowsOfOneValue(1, [NaN, -1, 0.5, 1500, 2999, 1e9]), compileForest(chain, { engine: 'wide' }))
})

test('a category of NaN takes its side in the wide kernel too, whatever the words of its set', () => {
  const ensemble = randomEnsemble({ ...shape, trees: 12, leaves: 40, inputs: 2, categorical: 2 })
  const sides = new Set([...ensemble.flags].filter((flags) => (flags & 1) === 1).map((flags) => flags & 2))
  assert.equal(sides.size, 2)
  const emptySets = { ...ensemble, categoryWords: ensemble.categoryWords.map((word, i) => (i % 3 === 0 ? 0 : word)) }
  const noSets = { ...ensemble, categoryWords: ensemble.categoryWords.map(() => 0) }
  const rows = rowsOfOneValue(2, [NaN, -0.5, -1, 0, 31, 32, 63, 64, 2 ** 31, -(2 ** 31), 2 ** 32, 1e18])
  for (const changed of [ensemble, emptySets, noSets]) checkRows(changed, rows, compileForest(changed, { engine: 'wide' }))
})
