import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { ServingError } from '../../contracts/error.ts'
import type { Clock, Deadline } from '../../contracts/ports.ts'
import { giveBack } from '../../processes/large-memory.ts'
import type { CompiledExplanations } from '../../trees/shap/compile-explanations.ts'
import { type CallLimits, PendingCalls } from '../process/pending-calls.ts'
import { unloaded } from '../process/unloaded.ts'
import type { ExplanationAnswer, ExplanationMessage } from './explanation-worker.ts'

/** A model that the thread explains. `memoryBytes` counts what it takes here and, once it was asked about, in the thread. */
export type ExplainedModel = {
  readonly memoryBytes: number
  /** Throws `worker_crashed`, `deadline_exceeded`, `overloaded`, and `model_unavailable` once the model is forgotten. */
  readonly explain: (row: Float64Array, deadline: Deadline) => Promise<Float64Array>
  readonly forget: () => Promise<void>
}

// The grace covers the start of the thread on a machine that is short of processors.
const limits: CallLimits = { maxCalls: 256, maxBytes: 16 << 20, graceMs: 10_000 }
/** Copied in a turn of the event loop. */
const pieceBytes = 128 << 10
const entry = new URL('./explanation-worker.ts', import.meta.url)

const crashed = (reason: string): ServingError =>
  new ServingError('worker_crashed', `The thread that explains predictions ended while answering (${reason}); ask again`)

type ToldModel = Extract<ExplanationMessage, { compiled: unknown }>

/** One thread that explains the rows of all tree models: started by the first row, started again by the next one after it died, ended with the last model. */
export class ExplanationThread {
  readonly #calls: PendingCalls<Float64Array>
  readonly #models = new Set<number>()
  #lastModel = 0
  #worker: Worker | undefined
  /** The models that the running thread is being told of, or has been. */
  readonly #told = new Map<number, Promise<void>>()

  constructor(clock: Clock) {
    this.#calls = new PendingCalls(clock, limits, () => void this.#end(this.#worker, crashed(`no answer within ${limits.graceMs} ms after a deadline`)))
  }

  /** Takes a model in, whose memory is given back once it is forgotten; the thread hears of it when it is first asked about. */
  add(compiled: CompiledExplanations): ExplainedModel {
    const model = (this.#lastModel += 1)
    this.#models.add(model)
    return {
      memoryBytes: compiled.image.byteLength + compiled.bytes,
      explain: (row, deadline) => this.#explain({ model, compiled }, row, deadline),
      forget: () => this.#forget({ model, compiled }),
    }
  }

  async #explain(of: ToldModel, row: Float64Array, deadline: Deadline): Promise<Float64Array> {
    if (!this.#models.has(of.model)) throw unloaded()
    this.#calls.admit(row.byteLength, deadline)
    const worker = (this.#worker ??= this.#start())
    const { id, answer } = this.#calls.add(row.byteLength, deadline, () => {})
    this.#tell(worker, of).then(
      () => this.#ask(worker, { model: of.model, call: id, row }),
      (error: ServingError) => this.#calls.refuse(id, error),
    )
    return answer
  }

  #ask(worker: Worker, question: Extract<ExplanationMessage, { call: number }>): void {
    if (!this.#models.has(question.model)) this.#calls.refuse(question.call, unloaded())
    // The calls of a thread that has ended were told so.
    else if (worker === this.#worker) worker.postMessage(question)
  }

  #tell(worker: Worker, of: ToldModel): Promise<void> {
    const known = this.#told.get(of.model)
    if (known !== undefined) return known
    const told = this.#sendCopy(worker, of)
    this.#told.set(of.model, told)
    // The next row tells the thread again.
    told.catch(() => this.#told.get(of.model) === told && this.#told.delete(of.model))
    return told
  }

  /** The thread gets a copy of its own, made a little at a time. Memory that both share would need none, but the engine does not count it: it would stay long after the model. */
  async #sendCopy(worker: Worker, { model, compiled }: ToldModel): Promise<void> {
    try {
      const image = new Uint8Array(compiled.image.length)
      for (let from = 0; from < image.length && this.#models.has(model); from += pieceBytes) {
        image.set(compiled.image.subarray(from, from + pieceBytes), from)
        await nextTurn()
      }
      if (worker === this.#worker && this.#models.has(model))
        worker.postMessage({ model, compiled: { ...compiled, image } } satisfies ExplanationMessage, [image.buffer])
    } catch (error) {
      throw new ServingError('overloaded', `There is no memory to explain this model now (${String(error)}); ask again`, { cause: error })
    }
  }

  async #forget({ model, compiled }: ToldModel): Promise<void> {
    if (this.#models.delete(model)) giveBack(compiled.image)
    if (this.#models.size === 0) await this.#end(this.#worker, unloaded())
    else if (this.#told.delete(model)) this.#worker?.postMessage({ model, forget: true } satisfies ExplanationMessage)
  }

  #start(): Worker {
    const worker = new Worker(entry, { execArgv: ['--disable-warning=ExperimentalWarning'] })
    worker.on('message', ({ call, contributions }: ExplanationAnswer) => void this.#calls.answer(call, contributions))
    worker.once('error', (error) => void this.#end(worker, crashed(String(error))))
    worker.once('exit', () => void this.#end(worker, crashed('it ended by itself')))
    // An idle thread keeps no process alive; a call does, by the timer of its deadline. Listening to messages holds the thread again, so this comes last.
    worker.unref()
    return worker
  }

  /** The thread answers nothing any more; the next row starts another, even before this one is gone. */
  async #end(worker: Worker | undefined, failure: ServingError): Promise<void> {
    if (worker === undefined || worker !== this.#worker) return
    this.#worker = undefined
    this.#told.clear()
    this.#calls.fail(failure)
    await worker.terminate()
  }
}
