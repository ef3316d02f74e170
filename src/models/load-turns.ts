/** A load that waits for its turn. `isAsked`: someone waits for it, and not only the server for its proof; it may become so while it waits. */
export type TurnTaker = { readonly isAsked: boolean; readonly giveUp: AbortController }

type Waiting = { readonly load: TurnTaker } & PromiseWithResolvers<void>

/** Lets so many loads go on at a time, those that someone waits for before the others: processes that start all at once would take the machine from those that answer. */
export class LoadTurns {
  #free: number
  readonly #waiting: Waiting[] = []
  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Settles when it is this load's turn; give it back with the answer. Rejects when the load is given up first. */
  async take(load: TurnTaker): Promise<() => void> {
    const waiting: Waiting = { load, ...Promise.withResolvers<void>() }
    const giveUp = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      waiting.reject(load.giveUp.signal.reason)
    }
    load.giveUp.signal.throwIfAborted()
    this.#waiting.push(waiting)
    load.giveUp.signal.addEventListener('abort', giveUp, { once: true })
    this.#next()
    await waiting.promise.finally(() => load.giveUp.signal.removeEventListener('abort', giveUp))
    return () => {
      this.#free += 1
      this.#next()
    }
  }

  #next(): void {
    if (this.#free === 0 || this.#waiting.length === 0) return
    const asked = this.#waiting.findIndex(({ load }) => load.isAsked)
    const [next] = this.#waiting.splice(Math.max(0, asked), 1)
    this.#free -= 1
    next?.resolve()
  }
}
