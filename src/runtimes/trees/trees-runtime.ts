import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { ServingError } from '../../contracts/error.ts'
import type { Clock, Deadline } from '../../contracts/ports.ts'
import { giveBack } from '../../processes/large-memory.ts'
import { type CompiledForest, kernelsOf } from '../../trees/compile.ts'
import { type Evaluator, forestSteps } from '../../trees/evaluator.ts'
import { SpareMemories } from '../../trees/kernel/spare-memories.ts'
import { orUndo, type Steps } from '../../trees/steps.ts'
import { type WarmUp, warmUpSteps } from '../../trees/warm-up.ts'
import { givenUp } from '../process/given-up.ts'
import { unloaded } from '../process/unloaded.ts'
import { requireRows } from '../require-rows.ts'
import type { ModelRuntime } from '../runtime.ts'
import type { CompiledTrees } from './compile-trees.ts'
import { type ExplainedModel, ExplanationThread } from './explanation-thread.ts'

/** Rows between two looks at the clock, where the evaluator asks for no larger blocks. */
const fewestRowsPerCheck = 64
const msPerTurn = 0.1
/** Before the first answer: as many single rows as it takes the engine to optimise their kernel, and a look at each function for many rows. */
export const firstCalls: WarmUp = { calls: 500, batchRows: 20 }

class TreesModel implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  readonly memoryBytes: number
  readonly engine: string
  predictSync: Evaluator['predict']
  readonly explain?: NonNullable<LoadedModel['explain']>
  #predictBatch: Evaluator['predictBatch']
  /** undefined: unloaded, and its memory is another's. */
  #evaluator: Evaluator | undefined
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
    this.#evaluator = evaluator
    this.#rowsPerCheck = Math.max(fewestRowsPerCheck, evaluator.blockRows)
    this.#explained = explained
    if (explained) this.explain = (row, deadline) => this.#explain(explained, row, deadline)
    this.#clock = clock
  }

  async predict(rows: Float64Array, count: number, { at, signal }: Deadline): Promise<Float64Array> {
    requireRows(rows, count, this)
    const { inputs, outputs } = this
    const answer = new Float64Array(count * outputs)
    for (let row = 0; row < count; row += this.#rowsPerCheck) {
      if (signal.aborted) throw givenUp(signal)
      if (this.#clock.monotonic() >= at)
        throw new ServingError('deadline_exceeded', 'The deadline passed before all rows were computed; send fewer rows or allow more time')
      this.#predictBatch(rows.subarray(row * inputs), Math.min(count - row, this.#rowsPerCheck), answer.subarray(row * outputs))
    }
    return answer
  }

  bringAtHand(): Promise<void> {
    return inTurns(this.#stepsAtHand(), this.#clock)
  }

  /** Lets go of the forest, so that whoever keeps the model keeps no memory, and gives its memory to those that come. */
  async dispose(): Promise<void> {
    const refuse = (): never => {
      throw unloaded()
    }
    this.predictSync = refuse
    this.#predictBatch = refuse
    const evaluator = this.#evaluator
    this.#evaluator = undefined
    evaluator?.release()
    await this.#explained?.forget()
  }

  *#stepsAtHand(): Steps<void> {
    for (const step of this.#evaluator?.bringAtHand() ?? []) {
      yield step
      if (this.#evaluator === undefined) return
    }
  }

  async #explain({ explain }: ExplainedModel, row: Float64Array, deadline: Deadline): Promise<Float64Array> {
    requireRows(row, 1, this)
    return explain(row, deadline)
  }
}

/** A tenth of a millisecond of steps at a time, so that who asks other models waits for one at most: what came meanwhile is read in the first turn after it, and answered in that. */
async function inTurns<Value>(work: Steps<Value>, clock: Clock, signal?: AbortSignal): Promise<Value> {
  using steps = work
  for (;;) {
    await nextTurn()
    await nextTurn()
    if (signal?.aborted) throw givenUp(signal)
    const until = clock.monotonic() + msPerTurn
    do {
      const { done, value } = steps.next()
      if (done === true) return value
    } while (clock.monotonic() < until)
  }
}

/** A forest whose first calls have been made. */
function* loadSteps(forest: CompiledForest, spare: SpareMemories): Steps<Evaluator> {
  const evaluator = yield* forestSteps(forest, spare)
  // The kernels have memory of their own by now.
  for (const { image } of kernelsOf(forest)) giveBack(image)
  yield* orUndo(warmUpSteps(evaluator, forest.warmRows, firstCalls), evaluator.release)
  return evaluator
}

/** Trees in this process: microseconds a row, so they run on the event loop, which turns between the steps of a load. Their explanations take a hundred times longer and have a thread. */
export class TreesRuntime implements ModelRuntime {
  readonly kind = 'trees'
  readonly #clock: Clock
  readonly #explanations: ExplanationThread
  readonly #spare = new SpareMemories()
  constructor(clock: Clock) {
    this.#clock = clock
    this.#explanations = new ExplanationThread(clock)
  }
  async load(_spec: unknown, compiled: unknown, signal?: AbortSignal): Promise<LoadedModel> {
    if (signal?.aborted) throw givenUp(signal)
    const { forest, explanations } = compiled as CompiledTrees
    const evaluator = await inTurns(loadSteps(forest, this.#spare), this.#clock, signal)
    return new TreesModel(evaluator, explanations && this.#explanations.add(explanations), this.#clock)
  }
}
