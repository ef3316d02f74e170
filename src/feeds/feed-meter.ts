import type { Counter, Gauge, Meter } from '../contracts/meter.ts'
import type { MetricName } from '../contracts/metrics.ts'
import { type FeedCount, feedCounts } from './feed-message.ts'

const names: Readonly<Record<FeedCount | 'restarts' | 'refusedRows', MetricName<'counter'>>> = {
  reconnects: 'feed_reconnects_total',
  resyncs: 'feed_book_resyncs_total',
  gapFilled: 'feed_gap_filled_bars_total',
  emptied: 'feed_empty_bars_total',
  duplicates: 'feed_duplicates_total',
  dropped: 'feed_dropped_rows_total',
  restRequests: 'feed_rest_requests_total',
  restFailures: 'feed_rest_failures_total',
  restarts: 'feed_restarts_total',
  refusedRows: 'feed_refused_rows_total',
}

type Name = keyof typeof names

/** How a feed is at the moment, in numbers. */
export type FeedGauges = { readonly connected: boolean; readonly ageMs: number | undefined; readonly skewMs: number | undefined; readonly left: number }

/** What alerts stand on, one set for each exchange. Counts go on where a process is replaced by another. */
export class FeedMeter {
  readonly #counters: Readonly<Record<Name, Counter>>
  readonly #counts = Object.fromEntries(Object.keys(names).map((name) => [name, 0])) as Record<Name, number>
  readonly #connected: Gauge
  readonly #age: Gauge
  readonly #skew: Gauge
  readonly #left: Gauge
  #ofProcess: Partial<Readonly<Record<FeedCount, number>>> = {}

  constructor(meter: Meter, exchange: string) {
    const labels = { exchange }
    const entries = Object.entries(names).map(([name, metric]) => [name, meter.counter(metric, labels)])
    this.#counters = Object.fromEntries(entries) as Record<Name, Counter>
    this.#connected = meter.gauge('feed_connected', labels)
    this.#age = meter.gauge('feed_last_event_age_seconds', labels)
    this.#skew = meter.gauge('feed_clock_skew_seconds', labels)
    this.#left = meter.gauge('feed_left_symbols', labels)
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
