import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { array, assert as assertProperty, nat, property, tuple } from 'fast-check'
import { randomEnsemble, type EnsembleShape } from './arbitrary-ensemble.test-data.ts'
import { chooseEngine } from './choose-engine.ts'
import { type CompiledKernel, compileForest } from './compile.ts'
import type { Ensemble } from './ensemble.ts'
import { type Evaluator, forestSteps, instantiateForest } from './evaluator.ts'
import { SpareMemories } from './kernel/spare-memories.ts'
import { parseLightGbm } from './lightgbm.ts'
import { modelText, stump } from './model-text.test-data.ts'
import { atOnce } from './steps.ts'
import { warmUp } from './warm-up.ts'
import type { WasmMemory } from '../wasm/host.ts'

const shape: EnsembleShape = { trees: 20, leaves: 31, inputs: 10, outputs: 2, categorical: 0, missingTypes: 3, spread: 40, seed: 7 }

test('the shape of the ensemble decides the engine', () => {
  const ensemble = randomEnsemble(shape)
  const linear = {
    isLinear: new Uint8Array(0),
    constant: new Float64Array(0),
    termOffset: new Int32Array(1),
    feature: new Int32Array(0),
    coefficient: new Float64Array(0),
  }
  assert.equal(chooseEngine(ensemble).engine, 'bit-slab')
  assert.equal(chooseEngine({ ...ensemble, linear }).engine, 'interpreter')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, trees: 4 })).engine, 'wide')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, leaves: 125, categorical: 1 })).engine, 'bit-slab')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, leaves: 125 })).engine, 'bt4')
  assert.equal(chooseEngine(randomEnsemble({ ...shape, leaves: 5000, seed: 3, categorical: 1 })).engine, 'wide')
})

test('what its kernel cannot hold goes to the wide one', () => {
  const manyColumns = randomEnsemble({ ...shape, inputs: 250 })
  assert.deepEqual([chooseEngine(manyColumns).engine, compileForest(manyColumns).engine], ['bit-slab', 'wide'])
  const large = randomEnsemble({ ...shape, leaves: 5000, seed: 3, inputs: 40 })
  assert.deepEqual([chooseEngine(large).engine, compileForest(large).engine], ['bt4', 'wide'])
})

test('an evaluator says what it is and what it takes', () => {
  for (const engine of ['bit-slab', 'bt4', 'wide', 'interpreter'] as const) {
    const { name, inputs, outputs, memoryBytes } = instantiateForest(compileForest(randomEnsemble(shape), { engine }))
    assert.deepEqual({ name, inputs, outputs }, { name: engine, inputs: 10, outputs: 2 })
    assert.ok(memoryBytes > 5_000)
  }
})

test('a batch of any size gives what single rows give, to the bit, and no more than it was asked for', () => {
  for (const [name, ensemble] of Object.entries({
    sigmoid: { ...randomEnsemble({ ...shape, outputs: 1 }), transform: { kind: 'sigmoid', slope: 1.5 } as const },
    softmax: { ...randomEnsemble({ ...shape, outputs: 3 }), transform: { kind: 'softmax' } as const },
    average: { ...randomEnsemble(shape), average: true },
  })) {
    const { inputs, outputs, blockRows, predict, predictRaw, predictBatch, predictBatchRaw } = instantiateForest(compileForest(ensemble))
    assert.equal(blockRows, 128)
    for (const count of [0, 1, 11, 12, 100, 130, 300]) {
      const rows = Float64Array.from({ length: count * inputs }, (_, i) => ((i * 13) % 41) / 4 - 5)
      for (const [one, many] of [[predict, predictBatch] as const, [predictRaw, predictBatchRaw] as const]) {
        const [expected, got] = [new Float64Array(count * outputs + 1).fill(7), new Float64Array(count * outputs + 1).fill(7)]
        for (let r = 0; r < count; r++) one(rows.subarray(r * inputs, (r + 1) * inputs), expected.subarray(r * outputs, (r + 1) * outputs))
        many(rows, count, got)
        assert.deepEqual(got, expected, `${name}, ${count} rows`)
      }
    }
  }
})

test('a forest without a kernel for many rows takes them one by one, and the memory of both kernels counts', () => {
  const [with128, without] = [{}, { batch: false }].map((options) => instantiateForest(compileForest(randomEnsemble(shape), options)))
  assert.deepEqual([with128!.blockRows, without!.blockRows], [128, 1])
  assert.ok(with128!.memoryBytes >= without!.memoryBytes + 65_536)
})

test('warming up runs the evaluator that many times and changes no answer', () => {
  const compiled = compileForest(randomEnsemble(shape))
  const evaluator = instantiateForest(compiled)
  let calls = 0
  const predict: typeof evaluator.predict = (row, out) => {
    calls++
    evaluator.predict(row, out)
  }
  const sizes = new Map<number, number>()
  const rehearseBatch: NonNullable<typeof evaluator.rehearseBatch> = (rows, count) => {
    sizes.set(count, (sizes.get(count) ?? 0) + 1)
    return evaluator.rehearseBatch!(rows, count)
  }
  warmUp({ ...evaluator, predict, rehearseBatch }, compiled.warmRows, { calls: 200, batchRows: 300 })
  assert.equal(calls, 200)
  assert.deepEqual([...sizes.keys()], [16, 32, 48, 64, 80, 96, 112, 128])
  assert.deepEqual([sizes.get(16), sizes.get(128)], [19, 3])
})

/** Trees grown to one side, each node's left subtree all that is below it. */
function leftChains(leaves: number, trees: number): Ensemble {
  const nodes = Array.from({ length: leaves - 1 }, (_, node) => node)
  const lines = {
    num_leaves: String(leaves),
    split_feature: nodes.map(() => 0).join(' '),
    threshold: nodes.map((node) => -node).join(' '),
    decision_type: nodes.map(() => 2).join(' '),
    left_child: nodes.map((node) => (node === leaves - 2 ? ~node : node + 1)).join(' '),
    right_child: nodes.map((node) => (node === leaves - 2 ? ~(node + 1) : ~node)).join(' '),
    leaf_value: [...nodes, leaves].join(' '),
  }
  return parseLightGbm(modelText(Array.from({ length: trees }, () => stump(lines))))
}
const engineOf = (ensemble: Ensemble): string => compileForest(ensemble, { engine: 'bit-slab' }).engine

test('a forest whose trees fill little of the kernel, or are cut into too many pieces for it, goes to the wide kernel: planning it would take many times its file', () => {
  const one = { num_leaves: '1', num_cat: '0', leaf_value: '1' }
  const ragged = (ones: number): Ensemble => {
    const chain = leftChains(257, 1)
    const few = parseLightGbm(modelText(Array.from({ length: ones }, () => one)))
    const leafOffset = Int32Array.of(...few.leafOffset, ones + 257)
    return { ...chain, trees: ones + 1, nodeOffset: new Int32Array(ones + 2).fill(256, ones + 1), leafOffset, leafValue: new Float64Array(ones + 257) }
  }
  assert.equal(engineOf(ragged(10)), 'bit-slab')
  assert.equal(engineOf(ragged(3000)), 'wide')
  assert.equal(engineOf(leftChains(64, 20)), 'bit-slab')
  assert.equal(engineOf(leftChains(500, 20)), 'wide')
})

test('a small file cannot ask for much by large category sets', () => {
  const sets = (words: number): Ensemble => {
    const lines = {
      decision_type: '1',
      threshold: '0',
      num_cat: '1',
      cat_boundaries: `0 ${words}`,
      cat_threshold: Array.from({ length: words }, () => 7).join(' '),
    }
    return parseLightGbm(modelText(Array.from({ length: 3 }, () => stump(lines))))
  }
  assert.equal(engineOf(sets(10)), 'bit-slab')
  assert.equal(engineOf(sets(10_000)), 'wide')
  assert.equal(engineOf(sets(30_000)), 'interpreter')
})

test('nodes that share a large category set ask for no more than its file does', () => {
  const ensemble = randomEnsemble({ ...shape, categorical: 1, inputs: 1 })
  const sets = ensemble.categoryOffset.length - 1
  const sharing = (words: number): Ensemble => ({
    ...ensemble,
    threshold: ensemble.threshold.map(() => 0),
    categoryOffset: Int32Array.of(0, words),
    categoryWords: new Uint32Array(words).fill(7),
  })
  assert.ok(sets > 200)
  assert.equal(compileForest(sharing(60), { engine: 'wide' }).engine, 'wide')
  for (const words of [500, 60_000]) assert.equal(compileForest(sharing(words), { engine: 'wide' }).engine, 'interpreter')
})

test('many inputs or outputs that few trees use are no reason for a large kernel for many rows', () => {
  const few = randomEnsemble({ ...shape, trees: 1 })
  assert.notEqual(compileForest(few).batch, undefined)
  const inputs = 5000
  assert.equal(compileForest({ ...few, inputs }).batch, undefined)
  assert.notEqual(compileForest(randomEnsemble({ ...shape, trees: 700, inputs: 1500, missingTypes: 1 })).batch, undefined)
  assert.equal(compileForest(randomEnsemble({ ...shape, trees: 1, leaves: 1, outputs: 3000 })).batch, undefined)
})

test('a chain of 100,000 leaves is read and evaluated', () => {
  const { predictRaw } = instantiateForest(compileForest(leftChains(100_000, 1)))
  const out = new Float64Array(1)
  predictRaw(Float64Array.of(-200_000, 0), out)
  assert.equal(out[0], 99_998)
})

test('bringing a forest at hand changes no answer, in any engine', () => {
  const ensemble = randomEnsemble(shape)
  const row = Float64Array.from({ length: shape.inputs }, (_, i) => i / 3 - 1)
  for (const engine of ['bit-slab', 'bt4', 'wide', 'interpreter'] as const) {
    const { predict, bringAtHand } = instantiateForest(compileForest(ensemble, { engine }))
    const [before, after] = [new Float64Array(2), new Float64Array(2)]
    predict(row, before)
    atOnce(bringAtHand())
    predict(row, after)
    assert.deepEqual(after, before, engine)
  }
})

const mostTurns = 200
test('an evaluator keeps no image of its kernels: whoever drops what was compiled has its memory back', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (const engine of ['bit-slab', 'bt4', 'wide'] as const) {
    const make = () => {
      const compiled = compileForest(randomEnsemble(shape), { engine })
      const { image } = compiled as CompiledKernel
      return { evaluator: instantiateForest(compiled), images: [image, compiled.batch!.image].map(({ buffer }) => new WeakRef(buffer)) }
    }
    const { evaluator, images } = make()
    // Until then the engine may hold what a function saw that it optimises in another thread; a WeakRef holds what it was made of to the end of the turn.
    for (let turn = 0; turn < mostTurns && images.some((image) => image.deref()); turn++) {
      await setImmediate()
      collect()
    }
    assert.deepEqual(
      images.map((image) => image.deref()),
      [undefined, undefined],
      engine,
    )
    atOnce(evaluator.bringAtHand())
  }
})

/** Spare memories that tell which were taken. */
class Watched extends SpareMemories {
  readonly taken: WasmMemory[] = []
  override take(pages: number): WasmMemory {
    const memory = super.take(pages)
    this.taken.push(memory)
    return memory
  }
}

function answersOf({ inputs, outputs, predictRaw, predictBatchRaw }: Evaluator): Float64Array {
  const rows = Float64Array.from({ length: 30 * inputs }, (_, i) => (i % 11 === 3 ? NaN : ((i * 13) % 41) / 4 - 5))
  const out = new Float64Array(31 * outputs)
  predictBatchRaw(rows, 30, out)
  predictRaw(rows, out.subarray(30 * outputs))
  return out
}

const forestsOfAllSizes = ([5, 40, 150, 400] as const).flatMap((trees) =>
  (['bit-slab', 'bt4', 'wide', 'interpreter'] as const).map((engine) => {
    const compiled = compileForest(randomEnsemble({ ...shape, trees, inputs: engine === 'wide' ? 30 : 10, leaves: engine === 'bt4' ? 120 : 31 }), { engine })
    return { compiled, expected: answersOf(instantiateForest(compiled)), memoryBytes: instantiateForest(compiled).memoryBytes }
  }),
)

test('forests that come and go answer as those with new memories, to the bit, and share none with another that lives', () => {
  let [taken, made] = [0, 0]
  assertProperty(
    property(array(tuple(nat(2), nat(forestsOfAllSizes.length - 1)), { minLength: 5, maxLength: 12 }), (loads) => {
      const spare = new Watched()
      const living = new Map<number, { readonly evaluator: Evaluator; readonly expected: Float64Array; readonly memories: readonly WasmMemory[] }>()
      for (const [place, forest] of loads) {
        living.get(place)?.evaluator.release()
        const before = spare.taken.length
        const { compiled, expected, memoryBytes } = forestsOfAllSizes[forest]!
        const evaluator = instantiateForest(compiled, spare)
        assert.equal(evaluator.memoryBytes, memoryBytes)
        living.set(place, { evaluator, expected, memories: spare.taken.slice(before) })
        const memories = [...living.values()].flatMap((each) => each.memories)
        assert.equal(new Set(memories).size, memories.length)
        for (const each of living.values()) assert.deepEqual(answersOf(each.evaluator), each.expected)
      }
      taken += spare.taken.length
      made += new Set(spare.taken).size
    }),
    { numRuns: 60 },
  )
  assert.ok(made < 0.8 * taken, `${made} memories for ${taken} kernels`)
})

test('a load that is under way shares the memory that it has begun to write with no other; given up, it leaves it to the next', () => {
  const compiled = compileForest(randomEnsemble({ ...shape, trees: 400 }))
  const spare = new Watched()
  instantiateForest(compiled, spare).release()
  const earlier = spare.taken.slice()
  const begun = forestSteps(compiled, spare)
  begun.next()
  const written = spare.taken.at(-1)!
  assert.ok(earlier.includes(written))
  for (const isGivenUp of [false, true]) {
    const before = spare.taken.length
    const other = instantiateForest(compiled, spare)
    assert.equal(spare.taken.slice(before).includes(written), isGivenUp)
    if (!isGivenUp) begun.return(other)
    other.release()
  }
})
