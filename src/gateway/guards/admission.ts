import type { Scope } from '../../access/scope.ts'
import { ServingError } from '../../contracts/error.ts'
import type { Readiness } from '../../monitoring/readiness.ts'

/** How far the shutdown is: `lame_duck` still answers everything, `closing` refuses what has not begun. */
export type ServingPhase = 'serving' | 'lame_duck' | 'closing'

/** Looking at a server shows what its start waits for. */
const looking: readonly Scope[] = ['ops:read', 'models:read']

/** Who is let in: counts the requests that are being worked on, and knows whether the server is starting or shutting down. */
export class Admission {
  phase: ServingPhase = 'serving'
  readonly #limit: number
  readonly #readiness: Pick<Readiness, 'started' | 'reason'>
  #inFlight = 0
  constructor(limit: number, readiness: Pick<Readiness, 'started' | 'reason'>) {
    this.#limit = limit
    this.#readiness = readiness
  }

  /** Requests whose work goes on. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Throws `starting`, `draining` or `overloaded` when a new request, with a key of this scope, must not be taken in. */
  check(scope: Scope): void {
    if (!this.#readiness.started && !looking.includes(scope)) {
      throw new ServingError('starting', `This server is ${this.#readiness.reason ?? 'starting'}; send the request again shortly, or to another one`, {
        retryAfterMs: 1_000,
      })
    }
    if (this.phase === 'closing') throw new ServingError('draining', 'This server is shutting down; send the request again, to another one')
    this.checkRoom()
  }

  /** Throws `overloaded`. For a request that was taken in and is now to be begun: others were begun meanwhile. */
  checkRoom(): void {
    if (this.#inFlight >= this.#limit) throw new ServingError('overloaded', `${this.#limit} requests are being worked on already; try again shortly`)
  }

  /** Counts a request in until its work is settled. */
  hold(work: Promise<unknown>): void {
    this.#inFlight += 1
    const leave = () => void (this.#inFlight -= 1)
    work.then(leave, leave)
  }
}
