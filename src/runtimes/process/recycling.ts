import type { Clock, Random } from '../../contracts/ports.ts'
import { GrowingWaits } from '../../resilience/growing-waits.ts'
import type { ProcessLimits } from './process-limits.ts'

/** Turns of replacing a process that answers: one at a time, and after one that did not help the next waits, as long as a restart would. */
export class Recycling {
  readonly #clock: Clock
  readonly #waits: GrowingWaits
  #isUnderWay = false
  #begunAt = -Infinity
  #failedAt = -Infinity
  #notBefore = -Infinity

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }, limits: Pick<ProcessLimits, 'backoff' | 'steadyMs'>) {
    this.#clock = clock
    this.#waits = new GrowingWaits(limits, random)
  }

  /** Takes the turn; false while it is taken, or has to wait. */
  begin(): boolean {
    const now = this.#clock.monotonic()
    if (this.#isUnderWay || now < this.#notBefore) return false
    this.#isUnderWay = true
    this.#begunAt = now
    return true
  }

  /** It did not help, or may not have: ms until the next may begin. */
  failed(): number {
    const waitMs = this.#waits.after(this.#begunAt - this.#failedAt)
    this.#failedAt = this.#clock.monotonic()
    this.#notBefore = this.#failedAt + waitMs
    return waitMs
  }

  /** Gives the turn back. */
  end(): void {
    this.#isUnderWay = false
  }
}
