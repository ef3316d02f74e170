/** How much an older call still counts beside the next. */
const fading = 0.98
/** Variance of batch sizes below which they say nothing about what a row costs. */
const leastVariance = 0.25

/** The time of a call, `fixedMs + rowMs x rows`, learned by least squares in which older calls fade. */
export class ServiceTime {
  #weight = 0
  #meanRows = 0
  #meanMs = 0
  // Sums of squares and products of the deviations from the means (Welford's recurrence, weighted).
  #spread = 0
  #product = 0
  #slope = Infinity

  /** A call of `rows` rows took `ms`. */
  observe(rows: number, ms: number): void {
    this.#weight = fading * this.#weight + 1
    const rowsOff = rows - this.#meanRows
    this.#meanRows += rowsOff / this.#weight
    this.#meanMs += (ms - this.#meanMs) / this.#weight
    this.#spread = fading * this.#spread + rowsOff * (rows - this.#meanRows)
    this.#product = fading * this.#product + rowsOff * (ms - this.#meanMs)
    if (this.#spread / this.#weight >= leastVariance) this.#slope = this.#product / this.#spread
  }

  /** Ms that each row adds, as of when sizes last varied. Before they ever did, all of the time is the rows': nothing is known to be gained by larger calls. */
  get rowMs(): number {
    return this.#weight === 0 ? 0 : Math.min(this.#meanMs / this.#meanRows, Math.max(0, this.#slope))
  }

  /** Ms that a call takes by itself. */
  get fixedMs(): number {
    return this.#meanMs - this.rowMs * this.#meanRows
  }

  /** Ms that a call of `rows` rows is expected to take; 0 before the first. */
  expectedMs(rows: number): number {
    return this.fixedMs + this.rowMs * rows
  }
}
