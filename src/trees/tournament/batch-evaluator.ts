import { kernelSteps } from '../kernel/instantiate-kernel.ts'
import type { Steps } from '../steps.ts'
import { takeIn } from '../intake.ts'
import type { CompiledBatch } from './compile-batch.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { blockRows, blockVectors, runName } from './block.ts'

/** Evaluates many rows at once with memory of its own, for the thread that calls it. */
export type BatchEvaluator = {
  readonly memoryBytes: number
  readonly blockRows: number
  /** `count` rows in, `count` x outputs raw scores out: to the bit what `interpretRaw` gives row by row. */
  readonly predictBatchRaw: (rows: Float64Array, count: number, out: Float64Array) => void
}

/** The evaluator of a compiled batch kernel. */
export function* batchEvaluatorSteps({ code, image, intake, outputs, base, ...at }: CompiledBatch): Steps<BatchEvaluator> {
  const { memory, exports } = yield* kernelSteps({ code, image, bytes: image.length })
  const runs = Array.from({ length: blockVectors }, (_, i) => exports[runName(i + 1)]!)
  const { inputs } = intake
  const rowsInMemory = Array.from({ length: blockRows }, (_, r) => new Float64Array(memory, at.rows + r * inputs * 8, inputs))
  const outInMemory = new Float64Array(memory, at.out, blockRows * outputs)
  const firstAddends = Float64Array.from({ length: blockRows * outputs }, (_, i) => base[i % outputs]!)
  const predictBatchRaw = (rows: Float64Array, count: number, out: Float64Array): void => {
    for (let from = 0; from < count; from += blockRows) {
      const taken = Math.min(count - from, blockRows)
      for (let r = 0; r < taken; r++) takeIn(intake, rows.subarray((from + r) * inputs, (from + r + 1) * inputs), rowsInMemory[r]!)
      outInMemory.set(firstAddends)
      runs[Math.ceil(taken / vectorBytes) - 1]!(taken)
      out.set(taken === blockRows ? outInMemory : outInMemory.subarray(0, taken * outputs), from * outputs)
    }
  }
  return { memoryBytes: image.length, blockRows, predictBatchRaw }
}
