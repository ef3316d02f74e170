import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { ServingError } from '../../contracts/error.ts'
import type { Clock, Deadline } from '../../contracts/ports.ts'
import { type Evaluator, instantiateForest } from '../../trees/evaluator.ts'
import { warmUp } from '../../trees/warm-up.ts'
import type { ModelRuntime } from '../runtime.ts'
import type { CompiledTrees } from './compile-trees.ts'
import { type ExplainedModel, ExplanationThread } from './explanation-thread.ts'

/** Rows between two looks at the clock, where the evaluator asks for no larger blocks. */
const fewestRowsPerCheck = 64
/** Calls before the first answer: the compiling thread has warmed the module, what is left is this thread's way into it and into its memory. */
export const callsToEnter = 20

class TreesModel implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  readonly memoryBytes: number
  readonly engine: string
  readonly predictSync: (row: Float64Array, out: Float64Array) => void
  readonly explain?: (row: Float64Array, deadline: Deadline) => Promise<Float64Array>
  readonly #predictBatch: Evaluator['predictBatch']
  readonly #rowsPerCheck: number
  readonly #explained: ExplainedModel | undefined
  readonly #clock: Clock
  constructor(evaluator: Evaluator, explained: ExplainedModel | undefined, clock: Clock) {
    this.inputs = evaluator.inputs
    this.outputs = evaluator.outputs
    this.memoryBytes = evaluator.memoryBytes + (explained?.memoryBytes ?? 0)
    this.engine = evaluator.name
    this.predictSync = evaluator.predict
    this.#predictBatch = evaluator.predictBatch
    this.#rowsPerCheck = Math.max(fewestRowsPerCheck, evaluator.blockRows)
    this.#explained = explained
    if (explained) this.explain = explained.explain
    this.#clock = clock
  }

  predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    if (rows.length !== count * this.inputs) return Promise.reject(new RangeError(`${count} rows of ${this.inputs} values are not ${rows.length} values`))
    const { inputs, outputs } = this
    const answer = new Float64Array(count * outputs)
    for (let row = 0; row < count; row += this.#rowsPerCheck) {
      if (deadline.signal.aborted || this.#clock.monotonic() > deadline.at)
        return Promise.reject(new ServingError('deadline_exceeded', 'The deadline passed before all rows were computed; send fewer rows or allow more time'))
      this.#predictBatch(rows.subarray(row * inputs), Math.min(count - row, this.#rowsPerCheck), answer.subarray(row * outputs))
    }
    return Promise.resolve(answer)
  }

  async dispose(): Promise<void> {
    await this.#explained?.forget()
  }
}

/** Trees in this process: microseconds a row, so they run on the event loop. Their explanations take a hundred times longer and have a thread. */
export class TreesRuntime implements ModelRuntime {
  readonly kind = 'trees'
  readonly #clock: Clock
  readonly #explanations: ExplanationThread
  constructor(clock: Clock) {
    this.#clock = clock
    this.#explanations = new ExplanationThread(clock)
  }
  load(_spec: unknown, compiled: unknown): Promise<LoadedModel> {
    const { forest, explanations } = compiled as CompiledTrees
    const evaluator = instantiateForest(forest)
    warmUp(evaluator, forest.warmRows, callsToEnter)
    return Promise.resolve(new TreesModel(evaluator, explanations && this.#explanations.add(explanations), this.#clock))
  }
}
