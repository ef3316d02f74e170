import { kernelSteps, type RunningKernel } from '../kernel/instantiate-kernel.ts'
import type { SpareMemories } from '../kernel/spare-memories.ts'
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
  /** As many matches as up to `blockRows` rows take, a few trees a step and for no answer: the engine gets to know the function for so many rows. */
  readonly rehearse: (rows: Float64Array, count: number) => Steps<void>
  readonly release: RunningKernel['release']
}

/** Less than a tenth of a millisecond where the engine has not optimised them yet; each step also takes in and bins its rows, which is more where inputs are hundreds. */
const matchesPerStep = 25_000

const vectorsOf = (rows: number): number => Math.ceil(rows / vectorBytes)

/** The evaluator of a compiled batch kernel. */
export function* batchEvaluatorSteps(
  { code, image, intake, outputs, base, groups, matches, ...at }: CompiledBatch,
  spare: SpareMemories,
): Steps<BatchEvaluator> {
  const { memory, exports, release } = yield* kernelSteps({ code, image, bytes: image.length }, spare)
  const runs = Array.from({ length: blockVectors }, (_, i) => exports[runName(i + 1)]!)
  const { inputs } = intake
  const rowsInMemory = Array.from({ length: blockRows }, (_, r) => new Float64Array(memory, at.rows + r * inputs * 8, inputs))
  const outInMemory = new Float64Array(memory, at.out, blockRows * outputs)
  const firstAddends = Float64Array.from({ length: blockRows * outputs }, (_, i) => base[i % outputs]!)
  const runBlock = (rows: Float64Array, count: number, end: number): void => {
    for (let r = 0; r < count; r++) takeIn(intake, rows.subarray(r * inputs, (r + 1) * inputs), rowsInMemory[r]!)
    outInMemory.set(firstAddends)
    runs[vectorsOf(count) - 1]!(count, end)
  }
  const predictBatchRaw = (rows: Float64Array, count: number, out: Float64Array): void => {
    for (let from = 0; from < count; from += blockRows) {
      const taken = Math.min(count - from, blockRows)
      runBlock(rows.subarray(from * inputs), taken, groups.to)
      out.set(taken === blockRows ? outInMemory : outInMemory.subarray(0, taken * outputs), from * outputs)
    }
  }
  const groupCount = (groups.to - groups.from) / groups.bytes
  const rehearse = function* (rows: Float64Array, count: number): Steps<void> {
    const steps = Math.min(groupCount, Math.ceil((matches * vectorsOf(count)) / matchesPerStep))
    const groupsPerStep = Math.ceil(groupCount / steps)
    for (let step = 0; step < steps; step++) {
      runBlock(rows, count, groups.from + groupsPerStep * groups.bytes)
      yield
    }
  }
  return { memoryBytes: image.length, blockRows, predictBatchRaw, rehearse, release }
}
