import type { TestContext } from 'node:test'
import type { Answer } from './client.ts'

/** What a steady load saw: how many answers were as they should be, and what was said of those that were not. */
export type LoadSeen = { readonly good: number; readonly bad: readonly string[] }

const mostBad = 20

/** Clients that ask, wait for the answer and ask again until they are stopped, at the latest by the end of the test or when nothing works any more. */
export class SteadyLoad {
  readonly #ask: () => Promise<Answer>
  readonly #fault: (answer: Answer) => string | undefined
  readonly #bad: string[] = []
  readonly #clients: readonly Promise<void>[]
  #good = 0
  #isStopped = false
  /** `fault` says what is wrong with an answer; without it, any status but 200 is. */
  constructor(t: TestContext, ask: () => Promise<Answer>, fault?: (answer: Answer) => string | undefined) {
    this.#ask = ask
    this.#fault = fault ?? (({ status, body }) => (status === 200 ? undefined : JSON.stringify(body)))
    this.#clients = [this.#run(), this.#run()]
    t.after(() => this.stop())
  }

  get good(): number {
    return this.#good
  }

  /** Settles when so many more answers have come as they should. */
  async more(answers: number): Promise<void> {
    const enough = this.#good + answers
    while (this.#good < enough && this.#bad.length === 0) await new Promise(setImmediate)
  }

  async stop(): Promise<LoadSeen> {
    this.#isStopped = true
    await Promise.all(this.#clients)
    return { good: this.#good, bad: this.#bad }
  }

  async #run(): Promise<void> {
    while (!this.#isStopped && this.#bad.length < mostBad) {
      const fault = await this.#ask().then(this.#fault, String)
      if (fault === undefined) this.#good += 1
      else this.#bad.push(fault)
    }
  }
}
