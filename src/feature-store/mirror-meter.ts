import type { Counter, Gauge, Histogram, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { VectorRow } from './vector-row.ts'

const backfillMs = 86_400_000

/** Measures how reads of other replicas' vectors are answered, and how late the vectors come. */
export class MirrorMeter {
  readonly mirror: Counter
  readonly roundTrip: Counter
  readonly unavailable: Counter
  readonly corrupt: Counter
  readonly symbols: Gauge
  readonly #freshness: Histogram
  readonly #clock: Clock
  constructor(meter: Meter, clock: Clock) {
    const reads = (result: string) => meter.counter('feature_store_reads_total', { result })
    this.mirror = reads('mirror')
    this.roundTrip = reads('round_trip')
    this.unavailable = reads('unavailable')
    this.corrupt = meter.counter('feature_store_corrupt_total')
    this.symbols = meter.gauge('feature_store_mirrored_symbols')
    this.#freshness = meter.histogram('feature_store_freshness_seconds')
    this.#clock = clock
  }

  /** A row that came as news. Bars that came more than a day late are history and are not measured. */
  came({ clock, closeTime, receivedTime }: VectorRow): void {
    const delay = this.#clock.now() - (clock === 'live' ? closeTime : receivedTime)
    if (delay <= backfillMs) this.#freshness.observe(Math.max(0, delay) / 1_000)
  }
}
