const weight = 1 / 8
// So that a quiet night is forgotten after some tens of rows.
const longestGapMs = 100

/** The time between rows, as an exponentially weighted mean. */
export class Arrivals {
  #lastAt = -Infinity
  #intervalMs = longestGapMs

  /** Ms from one row to the next. */
  get intervalMs(): number {
    return this.#intervalMs
  }

  /** So many rows came at a moment. */
  arrived(rows: number, at: number): void {
    this.#learn(Math.min(longestGapMs, at - this.#lastAt) / rows)
    this.#lastAt = at
  }

  /** Nothing came while more was waited for. */
  stayedAway(at: number): void {
    const gap = Math.min(longestGapMs, at - this.#lastAt)
    if (gap > this.#intervalMs) this.#learn(gap)
  }

  #learn(gapMs: number): void {
    this.#intervalMs += weight * (gapMs - this.#intervalMs)
  }
}
