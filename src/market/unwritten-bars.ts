import type { Bar } from '../contracts/bar.ts'
import type { Series } from './series.ts'

/** What a journal lacks of a series: bars in the order of their coming, or all of it. */
export type Unwritten = { readonly series: Series; readonly bars: readonly Bar[] | 'whole' }

const nameOf = ({ key: { symbol, timeframe } }: Series): string => `${symbol}@${timeframe}`

/** What is not written yet, by series. It never takes more room than the series do: of one that lacks more bars than are kept of it, the whole is written anew. */
export class UnwrittenBars {
  readonly #keepBars: number
  readonly #bySeries = new Map<string, { readonly series: Series; readonly bars: Bar[] | 'whole' }>()
  constructor(keepBars: number) {
    this.#keepBars = keepBars
  }

  /** Every series that lacks something. */
  all(): readonly Unwritten[] {
    return [...this.#bySeries.values()]
  }

  /** Bars of a series have come in. */
  add(series: Series, bars: readonly Bar[]): void {
    const known = this.#bySeries.get(nameOf(series))?.bars ?? []
    if (known === 'whole') return
    if (known.length > 0 && known.length + bars.length > this.#keepBars) return this.addWhole(series)
    for (const bar of bars) known.push(bar) // a file may bring more at once than a call takes arguments
    this.#bySeries.set(nameOf(series), { series, bars: known })
  }

  /** All of a series is to be written, in place of what the journal says of it. */
  addWhole(series: Series): void {
    this.#bySeries.set(nameOf(series), { series, bars: 'whole' })
  }

  /** A series was written. */
  settle(series: Series): void {
    this.#bySeries.delete(nameOf(series))
  }
}
