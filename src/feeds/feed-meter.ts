import type { Counter, Gauge, Meter } from '../contracts/meter.ts'
import { type FeedCount, feedCounts } from './feed-message.ts'

const helps: Readonly<Record<FeedCount | 'restarts' | 'refusedRows', readonly [name: string, help: string]>> = {
  reconnects: ['reconnects', 'Connections to the exchange after the first'],
  resyncs: ['book_resyncs', 'Order books that began anew after a gap in their sequence'],
  gapFilled: ['gap_filled_bars', 'Bars that came by REST and not by the stream'],
  emptied: ['empty_bars', 'Bars made for periods in which the exchange had no trade'],
  duplicates: ['duplicates', 'Updates that said nothing new'],
  dropped: ['dropped_rows', 'Trades and books dropped because the server was too slow'],
  restRequests: ['rest_requests', 'Questions to the exchange by REST'],
  restFailures: ['rest_failures', 'Questions by REST without a usable answer'],
  restarts: ['restarts', 'Ends of the process, after which it is started again'],
  refusedRows: ['refused_rows', 'Rows that the market refused: quarantined, or the series has other settings'],
}

type Name = keyof typeof helps

/** How a feed is at the moment, in numbers. */
export type FeedGauges = { readonly connected: boolean; readonly ageMs: number | undefined; readonly skewMs: number | undefined; readonly left: number }

/** What alerts stand on, one set for each exchange. Counts go on where a process is replaced by another. */
export class FeedMeter {
  readonly #counters: Readonly<Record<Name, Counter>>
  readonly #counts = Object.fromEntries(Object.keys(helps).map((name) => [name, 0])) as Record<Name, number>
  readonly #connected: Gauge
  readonly #age: Gauge
  readonly #skew: Gauge
  readonly #left: Gauge
  #ofProcess: Partial<Readonly<Record<FeedCount, number>>> = {}

  constructor(meter: Meter, exchange: string) {
    const labels = { exchange }
    const entries = Object.entries(helps).map(([name, [metric, help]]) => [name, meter.counter(`feed_${metric}_total`, help, labels)])
    this.#counters = Object.fromEntries(entries) as Record<Name, Counter>
    this.#connected = meter.gauge('feed_connected', '1 while the feed is connected to its exchange', labels)
    this.#age = meter.gauge('feed_last_event_age_seconds', 'Seconds since the exchange last said anything', labels)
    this.#skew = meter.gauge('feed_clock_skew_seconds', 'How far the clock of the exchange is ahead', labels)
    this.#left = meter.gauge('feed_left_symbols', 'Symbols whose market data is left to another replica', labels)
    this.#connected.set(0)
  }

  /** Everything counted so far. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts }
  }

  add(name: Name, amount = 1): void {
    if (amount <= 0) return
    this.#counts[name] += amount
    this.#counters[name].add(amount)
  }

  /** Takes the counts of a process, which begin at 0 with it. */
  takeCounts(counts: Readonly<Record<FeedCount, number>>): void {
    for (const name of feedCounts) this.add(name, counts[name] - (this.#ofProcess[name] ?? 0))
    this.#ofProcess = counts
  }

  /** The next process counts from 0. */
  processEnded(): void {
    this.#ofProcess = {}
    this.add('restarts')
  }

  show({ connected, ageMs, skewMs, left }: FeedGauges): void {
    this.#left.set(left)
    this.#connected.set(connected ? 1 : 0)
    if (ageMs !== undefined) this.#age.set(ageMs / 1_000)
    if (skewMs !== undefined) this.#skew.set(skewMs / 1_000)
  }
}
