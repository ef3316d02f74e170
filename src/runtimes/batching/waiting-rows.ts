import { ServingError } from '../../contracts/error.ts'
import { type Clock, type Deadline, timerMs, type Timer } from '../../contracts/ports.ts'
import { givenUp } from '../process/given-up.ts'

/** Rows of one caller, and until when they are of use. */
export type RowsCall = { readonly rows: Float64Array; readonly count: number; readonly deadline: Deadline }

/** A caller's rows that wait for a call of their model, or for its answer. Rejects by itself when its deadline passes or its signal aborts. */
export class WaitingRows {
  readonly rows: Float64Array
  readonly count: number
  readonly deadline: Deadline
  /** When they came. */
  readonly since: number
  /** Why they go once more, without company: they were refused or lost in a call. */
  failure: Error | undefined
  /** Told why when the caller stops waiting. */
  onLeave: (why: ServingError) => void = () => {}
  readonly #answer = Promise.withResolvers<Float64Array>()
  readonly #stopWatching: () => void
  #isOver = false

  constructor({ rows, count, deadline }: RowsCall, { clock, timer }: { readonly clock: Clock; readonly timer: Timer }) {
    this.rows = rows
    this.count = count
    this.deadline = deadline
    this.since = clock.monotonic()
    const abort = (): void => this.#leave(givenUp(deadline.signal))
    const cancel = timer.after(timerMs(deadline.at - this.since), () => this.expire())
    deadline.signal.addEventListener('abort', abort, { once: true })
    this.#stopWatching = () => {
      cancel()
      deadline.signal.removeEventListener('abort', abort)
    }
  }

  get answer(): Promise<Float64Array> {
    return this.#answer.promise
  }

  /** True once it was answered or its caller left. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** They go once more, without company. */
  get isAlone(): boolean {
    return this.failure !== undefined
  }

  /** Settles the caller's promise; later calls change nothing. */
  settle(outcome: Float64Array | Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopWatching()
    if (outcome instanceof Error) this.#answer.reject(outcome)
    else this.#answer.resolve(outcome)
  }

  /** Its time is up. */
  expire(): void {
    this.#leave(new ServingError('deadline_exceeded', 'The deadline passed before the model answered'))
  }

  #leave(error: ServingError): void {
    if (this.#isOver) return
    this.settle(error)
    this.onLeave(error)
  }
}
