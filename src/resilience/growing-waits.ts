import type { Random } from '../contracts/ports.ts'
import { type BackoffLimits, backoffMs } from './backoff.ts'

/** Waits that grow from one failure to the next, and begin anew after what failed had lasted for `steadyMs`. */
export class GrowingWaits {
  readonly #limits: BackoffLimits
  readonly #steadyMs: number
  readonly #random: Random
  #failures = 0

  constructor({ backoff, steadyMs }: { readonly backoff: BackoffLimits; readonly steadyMs: number }, random: Random) {
    this.#limits = backoff
    this.#steadyMs = steadyMs
    this.#random = random
  }

  /** Ms to wait after one more failure, of what had lasted `lastedMs`. */
  after(lastedMs: number): number {
    this.#failures = lastedMs >= this.#steadyMs ? 1 : this.#failures + 1
    return backoffMs(this.#failures, this.#limits, this.#random)
  }
}
