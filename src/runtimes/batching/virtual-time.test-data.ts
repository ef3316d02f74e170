import type { Clock, Timer } from '../../contracts/ports.ts'

type Event = { readonly at: number; readonly run: () => void }

/** A clock and timers that stand still until they are told to move on. */
export class VirtualTime implements Timer {
  readonly clock: Clock = { now: () => this.#now, monotonic: () => this.#now }
  #now = 0
  #events: Event[] = []

  after(ms: number, run: () => void): () => void {
    const event = { at: this.#now + ms, run }
    this.#events.push(event)
    return () => (this.#events = this.#events.filter((other) => other !== event))
  }

  /** Timers that are still set. */
  get pending(): number {
    return this.#events.length
  }

  /** Lets `ms` pass: what falls due is run in its order, and all that follows from it before the next. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#now = next.at
      this.#events = this.#events.filter((other) => other !== next)
      next.run()
      await settled()
    }
    this.#now = end
  }

  #due(end: number): Event | undefined {
    return this.#events.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
  }
}

/** All promises that can be settled now have been. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
