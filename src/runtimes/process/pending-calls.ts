import { ServingError } from '../../contracts/error.ts'
import { type Clock, type Deadline, msUntil, timerMs } from '../../contracts/ports.ts'
import { givenUp } from './given-up.ts'

type PendingCall<Answer> = {
  readonly at: number
  readonly bytes: number
  /** Nobody waits for its deadline or its caller any more. */
  readonly rest: () => void
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** Bounds of the calls that wait for one process. */
export type CallLimits = { readonly maxCalls: number; readonly maxBytes: number; readonly graceMs: number }

/**
 * The calls that one inference process or thread still owes an answer, oldest first. A caller whose deadline passes or whose signal aborts is rejected at once, but its call
 * stays here until the process answers it, so that a process that stays silent is noticed.
 */
export class PendingCalls<Answer> {
  readonly #clock: Clock
  readonly #limits: CallLimits
  readonly #hung: () => void
  readonly #calls = new Map<number, PendingCall<Answer>>()
  readonly #idle: (() => void)[] = []
  #bytes = 0
  /** Calls without pings, which have no bytes and take nobody's place. */
  #counted = 0
  #lastId = 0
  #watch: NodeJS.Timeout | undefined

  /** `hung` is called when the oldest call has no answer `graceMs` after its deadline. */
  constructor(clock: Clock, limits: CallLimits, hung: () => void) {
    this.#clock = clock
    this.#limits = limits
    this.#hung = hung
  }

  /** Calls that are owed an answer. */
  get size(): number {
    return this.#calls.size
  }

  /** Resolves when no call is owed an answer any more. */
  async idle(): Promise<void> {
    while (this.#calls.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Refuses a call that cannot be taken: `deadline_exceeded` when it is already over, `overloaded` when too many calls or bytes wait. */
  admit(bytes: number, deadline: Deadline): void {
    if (deadline.signal.aborted) throw givenUp(deadline.signal)
    if (deadline.at <= this.#clock.monotonic()) throw new ServingError('deadline_exceeded', 'The deadline passed before the model was called')
    const { maxCalls, maxBytes } = this.#limits
    if (this.#counted < maxCalls && (this.#counted === 0 || this.#bytes + bytes <= maxBytes)) return
    throw new ServingError('overloaded', `${this.#counted} calls already wait for this model`, { retryAfterMs: this.#oldestMs() })
  }

  /** Takes a call; `abandoned` is told when its caller stopped waiting. */
  add(bytes: number, deadline: Deadline, abandoned: (id: number) => void): { readonly id: number; readonly answer: Promise<Answer> } {
    const id = (this.#lastId += 1)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const giveUp = (error: ServingError): void => {
      rest()
      reject(error)
      abandoned(id)
    }
    const rest = (): void => {
      clearTimeout(timer)
      deadline.signal.removeEventListener('abort', abort)
    }
    const abort = (): void => giveUp(givenUp(deadline.signal))
    const late = (): void => giveUp(new ServingError('deadline_exceeded', 'The deadline passed before the model answered'))
    const timer = setTimeout(late, msUntil(deadline.at, this.#clock))
    deadline.signal.addEventListener('abort', abort, { once: true })
    this.#calls.set(id, { at: deadline.at, bytes, rest, resolve, reject })
    this.#bytes += bytes
    this.#counted += bytes > 0 ? 1 : 0
    if (this.#calls.size === 1) this.#watchOldest()
    return { id, answer: promise }
  }

  /** The process answered call `id`. False when no such call is owed. */
  answer(id: number, answer: Answer): boolean {
    return this.#settle(id, ({ resolve }) => resolve(answer))
  }

  /** The process refused call `id`, or it could not be asked. False when no such call is owed. */
  refuse(id: number, error: Error): boolean {
    return this.#settle(id, ({ reject }) => reject(error))
  }

  /** The process will not answer any more. */
  fail(error: ServingError): void {
    clearTimeout(this.#watch)
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    this.#bytes = 0
    this.#counted = 0
    for (const { rest, reject } of calls) {
      rest()
      reject(error)
    }
    this.#tellIdle()
  }

  #settle(id: number, settle: (call: PendingCall<Answer>) => void): boolean {
    const call = this.#calls.get(id)
    if (!call) return false
    this.#calls.delete(id)
    this.#bytes -= call.bytes
    this.#counted -= call.bytes > 0 ? 1 : 0
    this.#watchOldest()
    call.rest()
    settle(call)
    this.#tellIdle()
    return true
  }

  #tellIdle(): void {
    if (this.#calls.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Ms until the oldest call must be answered or the process is ended. */
  #oldestMs(): number {
    const [oldest] = this.#calls.values()
    return Math.max(0, (oldest?.at ?? 0) - this.#clock.monotonic()) + this.#limits.graceMs
  }

  // Only the oldest call is watched: those behind it may be late because of it, and get their own grace once it is their turn.
  #watchOldest(): void {
    clearTimeout(this.#watch)
    if (this.#calls.size > 0) this.#watch = setTimeout(this.#hung, timerMs(this.#oldestMs()))
  }
}
