/** How many calls earn one retry, and how many retries can be saved up (there from the start). */
export type RetryBudgetLimits = { readonly callsPerRetry: number; readonly saved: number }

/** Bounds the extra load that retries make: of n calls at most n / `callsPerRetry` + `saved` are tried again, however many fail (as Finagle's RetryBudget). */
export class RetryBudget {
  readonly #limits: RetryBudgetLimits
  /** In calls, so that it stays whole. */
  #credit: number
  constructor(limits: RetryBudgetLimits = { callsPerRetry: 10, saved: 3 }) {
    this.#limits = limits
    this.#credit = limits.saved * limits.callsPerRetry
  }

  /** A call was made for the first time. */
  earn(): void {
    this.#credit = Math.min(this.#credit + 1, this.#limits.saved * this.#limits.callsPerRetry)
  }

  /** Takes one retry out of the budget, if there is one. */
  spend(): boolean {
    if (this.#credit < this.#limits.callsPerRetry) return false
    this.#credit -= this.#limits.callsPerRetry
    return true
  }
}
