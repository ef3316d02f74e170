import { kernelSteps } from '../kernel/instantiate-kernel.ts'
import { SpareMemories } from '../kernel/spare-memories.ts'
import { takeIn } from '../intake.ts'
import { kernelNames } from '../kernel/kernel.ts'
import { atOnce } from '../steps.ts'
import type { CompiledExplanations } from './compile-explanations.ts'
import { prepareRow } from './prepared-row.ts'

/**
 * Explains rows of an ensemble. A row has `inputs` float64 values, NaN = missing; out gets for each output `inputs` contributions to its raw score and then the expected value: their sum
 * is the raw score (where the ensemble rounds sums to float32, before rounding).
 */
export type Explainer = {
  readonly inputs: number
  readonly outputs: number
  readonly memoryBytes: number
  readonly contributions: (row: Float64Array, out: Float64Array) => void
}

/** An explainer with memory of its own, for the thread that calls it. */
export function instantiateExplainer(compiled: CompiledExplanations): Explainer {
  const { intake, outputs, prepared, expected } = compiled
  const { inputs } = intake
  const seen = new Float64Array(inputs)
  const { memory, exports } = atOnce(kernelSteps(compiled, new SpareMemories()))
  const run = exports[kernelNames.run]!
  const columns = new Float64Array(memory, compiled.columns, prepared.feature.length)
  const sums = new Float64Array(memory, compiled.out, outputs * (inputs + 1))
  return {
    inputs,
    outputs,
    memoryBytes: compiled.bytes,
    contributions(row, out) {
      takeIn(intake, row, seen)
      prepareRow(prepared, seen, columns)
      sums.fill(0)
      run()
      out.set(sums)
      for (let k = 0; k < outputs; k++) out[k * (inputs + 1) + inputs] = expected[k]!
    },
  }
}
