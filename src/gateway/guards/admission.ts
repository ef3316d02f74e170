import { ServingError } from '../../contracts/error.ts'

/** How far the shutdown is: `lame_duck` still answers everything, `closing` refuses what has not begun. */
export type ServingPhase = 'serving' | 'lame_duck' | 'closing'

/** Who is let in: counts the requests that are being worked on, and knows whether the server is shutting down. */
export class Admission {
  phase: ServingPhase = 'serving'
  readonly #limit: number
  #inFlight = 0
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Requests whose work goes on. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Throws `draining` or `overloaded` when a new request must not be taken in. */
  check(): void {
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
