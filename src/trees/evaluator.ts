import { wasmHost } from '../wasm/host.ts'
import { kernelNames } from './bit-slab/kernel.ts'
import { codeOf } from './code-of.ts'
import type { CompiledForest, CompiledSlab } from './compile.ts'
import type { Ensemble } from './ensemble.ts'
import { interpretRaw } from './interpret.ts'
import { finishOf, transformOutputs, type Finish } from './transform.ts'

/** A forest ready to answer. A row has `inputs` float64 values, NaN = missing; out gets `outputs` values: class probabilities (binary: P of class 1) or one value. Batches are row-major. */
export type Evaluator = {
  readonly name: 'bit-slab' | 'interpreter'
  readonly inputs: number
  readonly outputs: number
  readonly memoryBytes: number
  readonly predictRaw: (row: Float64Array, out: Float64Array) => void
  readonly predict: (row: Float64Array, out: Float64Array) => void
  /** `count` rows in, `count` x outputs raw scores out: to the bit what `predictRaw` gives row by row. */
  readonly predictBatchRaw: (rows: Float64Array, count: number, out: Float64Array) => void
  readonly predictBatch: (rows: Float64Array, count: number, out: Float64Array) => void
}

type RawEvaluator = Omit<Evaluator, 'predict' | 'predictBatch' | 'predictBatchRaw'> & { readonly finish: Finish }

/** An evaluator whose batches are taken row by row, from one that gives raw scores of single rows. */
function rowByRow({ finish, ...raw }: RawEvaluator): Evaluator {
  const { inputs, outputs, predictRaw } = raw
  const predict = (row: Float64Array, out: Float64Array): void => {
    predictRaw(row, out)
    transformOutputs(finish, out)
  }
  const each = (one: Evaluator['predict']) => (rows: Float64Array, count: number, out: Float64Array) => {
    for (let r = 0; r < count; r++) one(rows.subarray(r * inputs, (r + 1) * inputs), out.subarray(r * outputs, (r + 1) * outputs))
  }
  return { ...raw, predict, predictBatchRaw: each(predictRaw), predictBatch: each(predict) }
}

function bytesOf(ensemble: Ensemble): number {
  const { linear } = ensemble
  return [...Object.values(ensemble), ...Object.values(linear ?? {})].reduce<number>((sum, part) => sum + (ArrayBuffer.isView(part) ? part.byteLength : 0), 0)
}

/** The reference evaluator as an Evaluator. */
export function interpreterOf(ensemble: Ensemble): Evaluator {
  const { inputs, outputs } = ensemble
  return rowByRow({
    name: 'interpreter',
    inputs,
    outputs,
    finish: finishOf(ensemble),
    memoryBytes: bytesOf(ensemble),
    predictRaw: (row, out) => interpretRaw(ensemble, row, out),
  })
}

function slabEvaluator({ module, image, inputs, outputs, roundInputs, recodings, finish, ...at }: CompiledSlab): Evaluator {
  const memory = new wasmHost.Memory({ initial: image.length / 65536 })
  new Uint8Array(memory.buffer).set(image)
  const { exports } = new wasmHost.Instance(module, { [kernelNames.module]: { [kernelNames.memory]: memory } })
  const run = exports[kernelNames.run]!
  const rowInMemory = new Float64Array(memory.buffer, at.row, inputs)
  const outInMemory = new Float64Array(memory.buffer, at.out, outputs)
  // Plain loops: TypedArray.set costs more than the kernel's fixed work on rows of usual length.
  const predictRaw = (row: Float64Array, out: Float64Array): void => {
    if (roundInputs) for (let i = 0; i < inputs; i++) rowInMemory[i] = Math.fround(row[i]!)
    else for (let i = 0; i < inputs; i++) rowInMemory[i] = row[i]!
    for (const { input, values } of recodings) rowInMemory[input] = codeOf(values, rowInMemory[input]!)
    run()
    for (let k = 0; k < outputs; k++) out[k] = outInMemory[k]!
  }
  return rowByRow({ name: 'bit-slab', inputs, outputs, finish, memoryBytes: image.length, predictRaw })
}

/** An evaluator of a compiled forest with memory of its own, for the thread that calls it. */
export function instantiateForest(compiled: CompiledForest): Evaluator {
  return compiled.engine === 'bit-slab' ? slabEvaluator(compiled) : interpreterOf(compiled.ensemble)
}
