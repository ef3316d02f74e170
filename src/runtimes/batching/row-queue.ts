import type { ServingError } from '../../contracts/error.ts'
import type { WaitingRows } from './waiting-rows.ts'

/** Hears how many rows wait, and who left and why. */
export type QueueListener = { changed(rows: number): void; left(one: WaitingRows, why: ServingError): void }

/** Rows that wait for a worker, first come, first served. Who stops waiting is forgotten. */
export class RowQueue {
  readonly #listener: QueueListener
  #waiting: WaitingRows[] = []
  #rows = 0

  constructor(listener: QueueListener) {
    this.#listener = listener
  }

  get rows(): number {
    return this.#rows
  }
  get requests(): number {
    return this.#waiting.length
  }
  get first(): WaitingRows | undefined {
    return this.#waiting[0]
  }

  /** Puts one at the end. */
  push(one: WaitingRows): void {
    this.#waiting.push(one)
    this.#own(one)
  }

  /** Puts some in front of all others. */
  putBack(some: readonly WaitingRows[]): void {
    this.#waiting.unshift(...some)
    for (const one of some) this.#own(one)
  }

  /** Rejects those whose time is up, though their timers may be late. */
  expire(now: number): void {
    for (const one of this.#waiting.filter(({ deadline }) => deadline.at <= now)) one.expire()
  }

  /** Takes the next batch: the first and those behind it as long as they fit in `maxRows`; who goes alone is a batch of his own. */
  take(maxRows: number): readonly WaitingRows[] {
    let taken = 0
    let rows = 0
    for (const one of this.#waiting) {
      rows += one.count
      const fits = rows <= maxRows && !one.isAlone && this.first?.isAlone === false
      if (taken > 0 && !fits) break
      taken += 1
    }
    return this.#removed(this.#waiting.splice(0, taken))
  }

  /** Takes all. */
  clear(): readonly WaitingRows[] {
    return this.#removed(this.#waiting.splice(0))
  }

  #own(one: WaitingRows): void {
    one.onLeave = (why) => {
      this.#removed(this.#waiting.splice(this.#waiting.indexOf(one), 1))
      this.#listener.left(one, why)
    }
    this.#count(one.count)
  }

  #removed(some: readonly WaitingRows[]): readonly WaitingRows[] {
    this.#count(-some.reduce((sum, { count }) => sum + count, 0))
    return some
  }

  #count(rows: number): void {
    this.#rows += rows
    this.#listener.changed(this.#rows)
  }
}
