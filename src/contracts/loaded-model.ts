import { type ErrorCode, ServingError } from './error.ts'
import type { Deadline } from './ports.ts'

/** What executes an artefact. */
export const runtimeKinds = ['trees', 'onnx', 'python', 'module', 'remote'] as const
/** One of `runtimeKinds`. */
export type RuntimeKind = (typeof runtimeKinds)[number]

const rowCodes: ReadonlySet<ErrorCode> = new Set(['model_output_invalid', 'batch_too_large', 'missing_feature', 'validation_failed', 'non_finite_feature'])

/** True if a call of a model was refused because of some of its rows, or for how many they are: others of them may be answered without them. */
export const isRowRefusal = (error: unknown): error is ServingError => error instanceof ServingError && rowCodes.has(error.code)

/**
 * A model in memory. Rows are float64, row-major, NaN = missing; a row has inputs x window values, oldest first. An output row has `outputs` values:
 * class probabilities in `classes` order, or one value. An output that is not a finite number is passed on: prediction judges row by row, so that a bad row costs
 * the rows beside it nothing. What every runtime keeps to is written as tests in test/conformance.
 */
export interface LoadedModel {
  /** Values per input row. */
  readonly inputs: number
  /** Values per output row. */
  readonly outputs: number
  /** Bytes of memory that this model occupies on this machine, in this process and in its own; 0 where another machine has it. */
  readonly memoryBytes: number
  /** What computes it, for people: `bit-slab`, `wide`, `onnxruntime 1.30.0 (cpu)`. */
  readonly engine: string
  /** What keeps its process apart from the machine, where it runs the code of others: `bubblewrap` or `rlimits`. */
  readonly protection?: string | undefined
  /** Why it answers nothing at the moment, although it is loaded: none of its processes runs. */
  readonly trouble?: string | undefined
  /** Columns of a vector that must be whole numbers below 2^53, where there are any: other values are refused, a missing one too. */
  readonly wholeColumns?: readonly number[] | undefined
  /** Present when inference takes microseconds and may run on the event loop: one row in, one output row out, no allocation. */
  predictSync?(row: Float64Array, out: Float64Array): void
  /** Present when something is left for when all else of the load is done, and the model proven: its memory in this process is brought into the caches, its own processes give way no longer. */
  bringAtHand?(): Promise<void>
  /**
   * `count` rows in, which are not changed, and `count` x outputs values out: to the bit what each row gives by itself. Throws RangeError for rows that do not make up the count,
   * `deadline_exceeded` or the `ServingError` that the signal aborted with, `worker_crashed`, `overloaded`, `model_unavailable` once it is disposed, and `model_output_invalid` where the
   * model refuses a row, such as one with a missing value that it cannot take.
   */
  predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array>
  /**
   * Present when raw scores can be told apart by inputs: for each of them one contribution per value of the row and then the expected value, which add up to it. Computed off the event loop.
   * Throws what `predict` throws.
   */
  explain?(row: Float64Array, deadline: Deadline): Promise<Float64Array>
  /** Gives back all that it holds; calls under way are answered or fail with `model_unavailable`. Asked again, it changes nothing. */
  dispose(): Promise<void>
}
