import { wasmHost } from '../wasm/host.ts'
import { kernelNames } from './bit-slab/kernel.ts'
import type { CompiledForest, CompiledSlab } from './compile.ts'
import type { Ensemble } from './ensemble.ts'
import { interpretRaw } from './interpret.ts'
import { finishOf, transformOutputs } from './transform.ts'

/** A forest ready to answer. Calls never allocate. Rows have `inputs` float64 values, NaN = missing; out gets `outputs` values: class probabilities (binary: P of class 1) or one value. */
export type Evaluator = {
  readonly name: 'bit-slab' | 'interpreter'
  readonly inputs: number
  readonly outputs: number
  readonly memoryBytes: number
  readonly predictRaw: (row: Float64Array, out: Float64Array) => void
  readonly predict: (row: Float64Array, out: Float64Array) => void
}

function bytesOf(ensemble: Ensemble): number {
  const { linear } = ensemble
  return [...Object.values(ensemble), ...Object.values(linear ?? {})].reduce<number>((sum, part) => sum + (ArrayBuffer.isView(part) ? part.byteLength : 0), 0)
}

/** The reference evaluator as an Evaluator. */
export function interpreterOf(ensemble: Ensemble): Evaluator {
  const finish = finishOf(ensemble)
  const { inputs, outputs } = ensemble
  return {
    name: 'interpreter',
    inputs,
    outputs,
    memoryBytes: bytesOf(ensemble),
    predictRaw: (row, out) => interpretRaw(ensemble, row, out),
    predict(row, out) {
      interpretRaw(ensemble, row, out)
      transformOutputs(finish, out)
    },
  }
}

function slabEvaluator({ module, image, inputs, outputs, finish, ...at }: CompiledSlab): Evaluator {
  const memory = new wasmHost.Memory({ initial: image.length / 65536 })
  new Uint8Array(memory.buffer).set(image)
  const { exports } = new wasmHost.Instance(module, { [kernelNames.module]: { [kernelNames.memory]: memory } })
  const run = exports[kernelNames.run]!
  const rowInMemory = new Float64Array(memory.buffer, at.row, inputs)
  const outInMemory = new Float64Array(memory.buffer, at.out, outputs)
  // Plain loops: TypedArray.set costs more than the kernel's fixed work on rows of usual length.
  const predictRaw = (row: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < inputs; i++) rowInMemory[i] = row[i]!
    run()
    for (let k = 0; k < outputs; k++) out[k] = outInMemory[k]!
  }
  const predict = (row: Float64Array, out: Float64Array): void => {
    predictRaw(row, out)
    transformOutputs(finish, out)
  }
  return { name: 'bit-slab', inputs, outputs, memoryBytes: image.length, predictRaw, predict }
}

/** An evaluator of a compiled forest with memory of its own, for the thread that calls it. */
export function instantiateForest(compiled: CompiledForest): Evaluator {
  return compiled.engine === 'bit-slab' ? slabEvaluator(compiled) : interpreterOf(compiled.ensemble)
}
