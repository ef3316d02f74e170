import type { SeriesKey } from '../contracts/bar.ts'

const remembered = 1_000
const seriesRemembered = 10_000

/** Which bars were refused and why: a count for ever, the reasons of the last 1,000 of each of at most 10,000 series. */
export class Quarantine {
  readonly #bySeries = new Map<string, { readonly reasons: Map<number, string>; count: number }>()

  add({ symbol, timeframe }: SeriesKey, refused: readonly { readonly openTime: number; readonly reason: string }[]): void {
    if (refused.length === 0) return
    const name = `${symbol}@${timeframe}`
    const known = this.#bySeries.get(name) ?? { reasons: new Map<number, string>(), count: 0 }
    this.#bySeries.set(name, known)
    if (this.#bySeries.size > seriesRemembered) this.#bySeries.delete(this.#bySeries.keys().next().value as string)
    for (const { openTime, reason } of refused) {
      known.count += 1
      known.reasons.set(openTime, reason)
      if (known.reasons.size > remembered) known.reasons.delete(known.reasons.keys().next().value as number)
    }
  }

  /** A refused bar was accepted after all. */
  release({ symbol, timeframe }: SeriesKey, openTime: number): void {
    const known = this.#bySeries.get(`${symbol}@${timeframe}`)
    if (known?.reasons.delete(openTime) === true) known.count -= 1
  }

  count({ symbol, timeframe }: SeriesKey): number {
    return this.#bySeries.get(`${symbol}@${timeframe}`)?.count ?? 0
  }

  reason({ symbol, timeframe }: SeriesKey, openTime: number): string | undefined {
    return this.#bySeries.get(`${symbol}@${timeframe}`)?.reasons.get(openTime)
  }
}
