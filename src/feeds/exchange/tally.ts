import { type FeedCount, feedCounts, type FeedState } from '../feed-message.ts'

/** What the streams of one exchange have in common to tell: counts, and what is wrong by where it is wrong. */
export class Tally {
  readonly #counts = Object.fromEntries(feedCounts.map((name) => [name, 0])) as Record<FeedCount, number>
  readonly #problems = new Map<string, string>()

  add(name: FeedCount, amount = 1): void {
    this.#counts[name] += amount
  }

  /** What is wrong at a place from now on; undefined when it works again. */
  problem(place: string, what: string | undefined): void {
    if (what === undefined) this.#problems.delete(place)
    else this.#problems.set(place, what)
  }

  /** Counts, and the problems in one sentence. */
  report(): Pick<FeedState, 'counts' | 'problem'> {
    const [first, ...others] = [...this.#problems].map(([place, what]) => `${place}: ${what}`)
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    return { counts: { ...this.#counts }, problem: first === undefined ? undefined : `${first}${more}` }
  }
}
