import { batchByCuts, gainsByCuts, waitingBytes } from './batch-by-cuts.ts'
import type { Engine } from './choose-engine.ts'
import type { CompiledForest, CompiledKernel } from './compile.ts'
import { ensembleBytes, type Ensemble } from './ensemble.ts'
import { readThrough } from './kernel/at-hand.ts'
import { kernelSteps } from './kernel/instantiate-kernel.ts'
import { SpareMemories } from './kernel/spare-memories.ts'
import { takeIn } from './intake.ts'
import { interpretSeen } from './interpret.ts'
import { kernelNames } from './kernel/kernel.ts'
import { atOnce, orUndo, type Steps } from './steps.ts'
import { type BatchEvaluator, batchEvaluatorSteps } from './tournament/batch-evaluator.ts'
import type { CompiledBatch } from './tournament/compile-batch.ts'
import { finishOf, transformOutputs, type Finish } from './transform.ts'

/** A forest ready to answer. Calls for single rows never allocate. A row has `inputs` float64 values, NaN = missing; out gets `outputs` values: class probabilities (binary: P of class 1) or one value. Batches are row-major. */
export type Evaluator = {
  readonly name: Engine
  readonly inputs: number
  readonly outputs: number
  readonly memoryBytes: number
  /** Rows that `predictBatch` takes at a time: best in multiples of it; 1 if it goes row by row. */
  readonly blockRows: number
  readonly predictRaw: (row: Float64Array, out: Float64Array) => void
  /** Brings what single rows read into the caches of this core, where it fits: for the moment before calls begin. */
  readonly bringAtHand: () => Steps<void>
  readonly predict: (row: Float64Array, out: Float64Array) => void
  /** `count` rows in, `count` x outputs raw scores out: to the bit what `predictRaw` gives row by row. */
  readonly predictBatchRaw: (rows: Float64Array, count: number, out: Float64Array) => void
  readonly predictBatch: (rows: Float64Array, count: number, out: Float64Array) => void
  /** The work of a batch of up to `blockRows` rows, a few trees a step and for no answer, where there is a kernel for many rows. */
  readonly rehearseBatch?: BatchEvaluator['rehearse']
  /** Gives its memories to forests that come: to be called once, and nothing else afterwards, nor steps that are under way. */
  readonly release: () => void
}

type PredictRows = Evaluator['predictBatchRaw']

/** What gives raw scores of single rows, and of many where there is a better way than row by row. */
type RawEvaluator = Pick<Evaluator, 'name' | 'inputs' | 'outputs' | 'memoryBytes' | 'predictRaw' | 'bringAtHand' | 'release'> & {
  readonly finish: Finish
  readonly predictRows?: PredictRows
}

function rowByRow({ inputs, outputs, predictRaw }: RawEvaluator): PredictRows {
  return (rows, count, out) => {
    for (let r = 0; r < count; r++) predictRaw(rows.subarray(r * inputs, (r + 1) * inputs), out.subarray(r * outputs, (r + 1) * outputs))
  }
}

/**
 * From so many rows on the batch kernel, which always works on 16 at least, is faster than single rows: the two take the same time at 7 rows (100 trees of 31 leaves),
 * 10 (500x31), 11 (500x63), 8 (500x127), 11 (1000x255), 5 (500x31, 120 features); only at 23 where a third of the nodes are categorical.
 */
const fewestBatchRows = 12

/** Blocks of the batch kernel, and what is left over without it if that is too little for it. */
function inBlocks({ inputs, outputs }: RawEvaluator, batch: BatchEvaluator, few: PredictRows): PredictRows {
  return (rows, count, out) => {
    const left = count % batch.blockRows
    const batched = left < fewestBatchRows ? count - left : count
    if (batched > 0) batch.predictBatchRaw(rows, batched, out)
    if (batched < count) few(rows.subarray(batched * inputs), count - batched, out.subarray(batched * outputs))
  }
}

function* evaluatorOf(raw: RawEvaluator, compiled: CompiledBatch | undefined, spare: SpareMemories): Steps<Evaluator> {
  const { finish, predictRows, ...single } = raw
  const few = predictRows ?? rowByRow(raw)
  const batch = compiled && (yield* batchEvaluatorSteps(compiled, spare))
  const predictBatchRaw = batch === undefined ? few : inBlocks(raw, batch, few)
  return {
    ...single,
    memoryBytes: raw.memoryBytes + (batch?.memoryBytes ?? 0),
    blockRows: batch?.blockRows ?? 1,
    predict(row, out) {
      single.predictRaw(row, out)
      transformOutputs(finish, out)
    },
    predictBatchRaw,
    predictBatch(rows, count, out) {
      predictBatchRaw(rows, count, out)
      transformOutputs(finish, out, count)
    },
    ...(batch && { rehearseBatch: batch.rehearse }),
    release() {
      single.release()
      batch?.release()
    },
  }
}

function interpreterOf(ensemble: Ensemble): RawEvaluator {
  const { inputs, outputs } = ensemble
  const seen = new Float64Array(inputs)
  return {
    name: 'interpreter',
    inputs,
    outputs,
    finish: finishOf(ensemble),
    memoryBytes: ensembleBytes(ensemble),
    *bringAtHand() {},
    release() {},
    predictRaw(row, out) {
      takeIn(ensemble, row, seen)
      interpretSeen(ensemble, seen, out)
    },
  }
}

function* kernelOf({ engine, code, image, intake, outputs, finish, stages, ...at }: CompiledKernel, spare: SpareMemories): Steps<RawEvaluator> {
  const { memory, exports, release } = yield* kernelSteps({ code, image, bytes: image.length }, spare)
  const run = exports[kernelNames.run]!
  const { inputs } = intake
  const words = new Float64Array(memory, 0, image.length / Float64Array.BYTES_PER_ELEMENT)
  const rowInMemory = new Float64Array(memory, at.row, inputs)
  const outInMemory = new Float64Array(memory, at.out, outputs)
  const predictRaw = (row: Float64Array, out: Float64Array): void => {
    takeIn(intake, row, rowInMemory)
    run()
    for (let k = 0; k < outputs; k++) out[k] = outInMemory[k]!
  }
  const bringAtHand = function* (): Steps<void> {
    yield* readThrough(words)
  }
  const raw = { name: engine, inputs, outputs, finish, memoryBytes: image.length, predictRaw, bringAtHand, release }
  if (stages === undefined || !gainsByCuts(stages)) return raw
  const enter = (rows: Float64Array, r: number): void => takeIn(intake, rows.subarray(r * inputs, (r + 1) * inputs), rowInMemory)
  const [prepare, walk] = [exports[kernelNames.prepare]!, exports[kernelNames.walk]!]
  const predictRows = batchByCuts({ words, stages, out: at.out, outputs, enter, prepare, walk })
  return { ...raw, memoryBytes: raw.memoryBytes + waitingBytes(stages), predictRows }
}

const rowsAtHand = 16

/** An evaluator of a compiled forest with memory of its own, a spare one where there is one, for the thread that calls it. */
export function* forestSteps(compiled: CompiledForest, spare: SpareMemories): Steps<Evaluator> {
  const raw = compiled.engine === 'interpreter' ? interpreterOf(compiled.ensemble) : yield* kernelOf(compiled, spare)
  const evaluator = yield* orUndo(evaluatorOf(raw, compiled.batch, spare), raw.release)
  const { inputs, outputs, bringAtHand, predict } = evaluator
  const out = new Float64Array(outputs)
  // No closure may name `compiled`: all that lives as long as the evaluator would keep its images then.
  const { warmRows } = compiled
  const rows = Array.from({ length: Math.min(rowsAtHand, warmRows.length / inputs) }, (_, r) => warmRows.subarray(r * inputs, (r + 1) * inputs))
  return {
    ...evaluator,
    *bringAtHand() {
      yield* bringAtHand()
      // What is around the kernel as well.
      for (const row of rows) {
        predict(row, out)
        yield
      }
    },
  }
}

/** `forestSteps`, all at once. */
export const instantiateForest = (compiled: CompiledForest, spare = new SpareMemories()): Evaluator => atOnce(forestSteps(compiled, spare))
