import type { Clock, Random } from '../../contracts/ports.ts'
import { Attempts } from './attempts.ts'
import type { ExchangeLink } from './exchange-link.ts'
import type { Tally } from './tally.ts'

/** What every stream of one exchange shares. */
export type StreamDeps = {
  readonly link: ExchangeLink
  readonly tally: Tally
  readonly clock: Clock
  readonly random: Random
  /** Resolves after so many ms. */
  readonly wait: (ms: number) => Promise<void>
}

/** One subscription: what it is called in messages, how the next update is waited for, and what is done with it. */
export type Subscription<Update> = {
  readonly place: string
  readonly next: () => Promise<Update>
  readonly take: (update: Update, interrupted: boolean) => void
  readonly lost: (error: unknown) => void
}

const backoff = { baseMs: 250, capMs: 30_000 }

/** First line of an error, as people read it. */
export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error)).split('\n')[0]?.slice(0, 200) ?? ''

/**
 * Takes updates for ever. A failure is waited out, longer each time, and the next attempt connects and subscribes again. `interrupted` tells that something may have been missed before an update:
 * also where a connection broke and came back between two updates without either of them failing.
 */
export async function watch<Update>({ place, next, take, lost }: Subscription<Update>, { link, tally, clock, random, wait }: StreamDeps): Promise<never> {
  const attempts = new Attempts({ clock, random }, backoff)
  let seen = -1
  for (;;) {
    try {
      const before = link.interruptions
      const update = await next()
      take(update, before !== seen || link.interruptions !== before)
      // What broke while the update waited to be taken is seen by the next one: this one is older.
      seen = before
      attempts.succeeded()
      tally.problem(place, undefined)
    } catch (error) {
      lost(error)
      seen = -1
      tally.problem(place, wordsOf(error))
      await wait(attempts.failed())
    }
  }
}
