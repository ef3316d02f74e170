import type { Histogram, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { SeriesChange } from '../market/series-store.ts'

const backfillMs = 86_400_000

/**
 * Seconds from a bar's close to its readable vector: measured on the newest bar of every ingest, once its features are computed. A replayed bar closes when it is received.
 * Bars that came more than a day late are history being filled in and are not measured.
 */
export class FreshnessMeter {
  readonly #clock: Clock
  readonly #live: Histogram
  readonly #replay: Histogram
  constructor(meter: Meter, clock: Clock) {
    const histogram = (of: string) => meter.histogram('feature_freshness_seconds', { clock: of })
    this.#clock = clock
    this.#live = histogram('live')
    this.#replay = histogram('replay')
  }

  observe({ series, appended }: SeriesChange): void {
    const newest = appended.at(-1)
    if (newest === undefined) return
    const live = series.settings.clock === 'live'
    const delay = this.#clock.now() - (live ? newest.closeTime : newest.receivedTime)
    if (delay <= backfillMs) (live ? this.#live : this.#replay).observe(Math.max(0, delay) / 1000)
  }
}
