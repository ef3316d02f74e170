import type { CompiledForest } from './compile.ts'
import type { Ensemble } from './ensemble.ts'
import { interpretRaw } from './interpret.ts'
import { finishOf, transformOutputs } from './transform.ts'

/** A forest ready to answer. Calls never allocate. Rows have `inputs` float64 values, NaN = missing; out gets `outputs` values: class probabilities (binary: P of class 1) or one value. */
export type Evaluator = {
  readonly name: 'bit-slab' | 'interpreter'
  readonly inputs: number
  readonly outputs: number
  readonly memoryBytes: number
  predictRaw(row: Float64Array, out: Float64Array): void
  predict(row: Float64Array, out: Float64Array): void
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

/** An evaluator of a compiled forest, in the thread that calls it. */
export function instantiateForest(compiled: CompiledForest): Evaluator {
  return interpreterOf(compiled.ensemble)
}
