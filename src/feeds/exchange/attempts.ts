import type { Clock, Random } from '../../contracts/ports.ts'
import { type BackoffLimits, backoffMs } from '../../resilience/backoff.ts'

const steadyMs = 10_000

/** Waits between attempts of something that keeps failing: they grow with jitter, and begin anew once it works and has not failed for 10 s, so that what comes and goes is not asked ever faster. */
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
    this.#failures += 1
    this.#failedAt = this.#clock.monotonic()
    return backoffMs(this.#failures, this.#limits, this.#random)
  }

  /** It works at the moment. */
  succeeded(): void {
    if (this.#clock.monotonic() - this.#failedAt >= steadyMs) this.#failures = 0
  }
}
