const weight = 1 / 8

/** How many rows come in the first ms after some were answered, for each row of the answer: callers who were answered together come back together. Exponentially weighted means. */
export class Arrivals {
  readonly #means: Float64Array
  readonly #seen: Float64Array
  #answeredAt = Infinity
  #answered = 0

  /** Looks `longestMs` far. */
  constructor(longestMs: number) {
    this.#means = new Float64Array(longestMs)
    this.#seen = new Float64Array(longestMs)
  }

  /** So many rows were answered: what came since the answer before is learned, of those ms that have passed. */
  answered(rows: number, at: number): void {
    const passed = Math.min(this.#means.length, Math.floor(at - this.#answeredAt))
    for (let ms = 0; ms < passed; ms += 1) {
      const mean = this.#means[ms] as number
      this.#means[ms] = mean + weight * ((this.#seen[ms] as number) / this.#answered - mean)
    }
    this.#seen.fill(0)
    this.#answeredAt = at
    this.#answered = rows
  }

  /** So many rows came at a moment. */
  arrived(rows: number, at: number): void {
    const ms = Math.floor(at - this.#answeredAt)
    if (ms >= 0 && ms < this.#seen.length) this.#seen[ms] = (this.#seen[ms] as number) + rows
  }

  /** Rows that are expected to have come 1 ms, 2 ms, … after the last answer. */
  expected(): readonly number[] {
    let sum = 0
    return Array.from(this.#means, (mean) => (sum += mean * this.#answered))
  }
}
