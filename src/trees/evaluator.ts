import { wasmHost } from '../wasm/host.ts'
import type { Engine } from './choose-engine.ts'
import type { CompiledForest, CompiledKernel } from './compile.ts'
import { ensembleBytes, type Ensemble } from './ensemble.ts'
import { takeIn } from './intake.ts'
import { interpretSeen } from './interpret.ts'
import { kernelNames } from './kernel.ts'
import { finishOf, transformOutputs, type Finish } from './transform.ts'

/** A forest ready to answer. Calls for single rows never allocate. A row has `inputs` float64 values, NaN = missing; out gets `outputs` values: class probabilities (binary: P of class 1) or one value. Batches are row-major. */
export type Evaluator = {
  readonly name: Engine
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

/** The reference evaluator as an Evaluator. */
export function interpreterOf(ensemble: Ensemble): Evaluator {
  const { inputs, outputs } = ensemble
  const seen = new Float64Array(inputs)
  return rowByRow({
    name: 'interpreter',
    inputs,
    outputs,
    finish: finishOf(ensemble),
    memoryBytes: ensembleBytes(ensemble),
    predictRaw(row, out) {
      takeIn(ensemble, { rows: row, r: 0 }, seen)
      interpretSeen(ensemble, seen, out)
    },
  })
}

function kernelEvaluator({ engine, module, image, intake, outputs, finish, ...at }: CompiledKernel): Evaluator {
  const memory = new wasmHost.Memory({ initial: image.length / 65536 })
  new Uint8Array(memory.buffer).set(image)
  const { exports } = new wasmHost.Instance(module, { [kernelNames.module]: { [kernelNames.memory]: memory } })
  const run = exports[kernelNames.run]!
  const { inputs } = intake
  const rowInMemory = new Float64Array(memory.buffer, at.row, inputs)
  const outInMemory = new Float64Array(memory.buffer, at.out, outputs)
  const predictRaw = (row: Float64Array, out: Float64Array): void => {
    takeIn(intake, { rows: row, r: 0 }, rowInMemory)
    run()
    for (let k = 0; k < outputs; k++) out[k] = outInMemory[k]!
  }
  return rowByRow({ name: engine, inputs, outputs, finish, memoryBytes: image.length, predictRaw })
}

/** An evaluator of a compiled forest with memory of its own, for the thread that calls it. */
export function instantiateForest(compiled: CompiledForest): Evaluator {
  return compiled.engine === 'interpreter' ? interpreterOf(compiled.ensemble) : kernelEvaluator(compiled)
}
