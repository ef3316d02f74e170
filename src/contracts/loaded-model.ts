import type { Deadline } from './ports.ts'

/** What executes an artefact. */
export const runtimeKinds = ['trees', 'onnx', 'python', 'module', 'remote'] as const
/** One of `runtimeKinds`. */
export type RuntimeKind = (typeof runtimeKinds)[number]

/**
 * A model in memory. Rows are float64, row-major, NaN = missing; a row has inputs x window values, oldest first. An output row has `outputs` values:
 * class probabilities in `classes` order, or one value.
 */
export interface LoadedModel {
  /** Values per input row. */
  readonly inputs: number
  /** Values per output row. */
  readonly outputs: number
  /** Bytes of memory that this model occupies, in this process and in its own. */
  readonly memoryBytes: number
  /** What computes it, for people: `bit-slab`, `wide`, `onnxruntime 1.30.0 (cpu)`. */
  readonly engine: string
  /** What keeps its process apart from the machine, where it runs the code of others: `bubblewrap` or `rlimits`. */
  readonly protection?: string | undefined
  /** Columns of a vector that must be whole numbers below 2^53, where there are any: other values are refused, a missing one too. */
  readonly wholeColumns?: readonly number[] | undefined
  /** Present when inference takes microseconds and may run on the event loop: one row in, one output row out, no allocation. */
  predictSync?(row: Float64Array, out: Float64Array): void
  /** `count` rows in, `count` x outputs values out. Throws `worker_crashed`, `deadline_exceeded`. */
  predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array>
  /**
   * Present when raw scores can be told apart by inputs: for each of them one contribution per value of the row and then the expected value, which add up to it. Computed off the event loop.
   * Throws `worker_crashed`, `deadline_exceeded`, `overloaded`.
   */
  explain?(row: Float64Array, deadline: Deadline): Promise<Float64Array>
  dispose(): Promise<void>
}
