import type { Clock, Random } from '../../contracts/ports.ts'
import { type BackoffLimits, backoffMs } from '../../resilience/backoff.ts'

/** Waits between attempts of something that keeps failing: they grow with jitter, and begin anew when it has not failed for twice the longest wait. */
export class Attempts {
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: BackoffLimits
  #failures = 0
  #failedAt = -Infinity

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }, limits: BackoffLimits) {
    this.#clock = clock
    this.#random = random
    this.#limits = limits
  }

  /** Ms to wait after one more failure. */
  failed(): number {
    const now = this.#clock.monotonic()
    this.#failures = now - this.#failedAt > 2 * this.#limits.capMs ? 1 : this.#failures + 1
    this.#failedAt = now
    return backoffMs(this.#failures, this.#limits, this.#random)
  }

  /** It works for certain: the next failure is the first again. */
  succeeded(): void {
    this.#failures = 0
  }
}
