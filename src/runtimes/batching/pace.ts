import { Arrivals } from './arrivals.ts'
import type { BatchSettings } from './batch-settings.ts'
import { bestWaitMs } from './best-wait.ts'
import { ServiceTime } from './service-time.ts'
import type { WaitingRows } from './waiting-rows.ts'

/** Longer waits are never worth considering, whatever `max_delay` allows. */
const longestWaitMs = 50

/** Learns how rows come and how long calls take, and says what follows. */
export class Pace {
  readonly arrivals: Arrivals
  readonly service = new ServiceTime()
  readonly #settings: BatchSettings

  constructor(settings: BatchSettings) {
    this.#settings = settings
    this.arrivals = new Arrivals(Math.min(longestWaitMs, settings.maxDelayMs))
  }

  /**
   * Whole ms for which a worker that became free, the last one, should wait for more rows than the `rows` at hand: what pays, at most `max_delay`, and nothing when `first`, the oldest of them,
   * would miss the target or its deadline. Timers know nothing below 1 ms.
   */
  waitMs(rows: number, first: WaitingRows, now: number): number {
    const { maxRows, targetMs, workers } = this.#settings
    if (rows >= maxRows) return 0
    const latest = Math.min(first.since + targetMs, first.deadline.at) - this.service.expectedMs(maxRows)
    const coming = this.arrivals.expected().map((more) => Math.min(more, maxRows - rows))
    const best = bestWaitMs({ rows, coming, callMs: (count) => this.service.expectedMs(count), workers })
    return Math.max(0, Math.min(best, Math.floor(latest - now)))
  }

  /** Ms until `rows` waiting rows will have been computed. */
  drainMs(rows: number): number {
    const { maxRows, workers } = this.#settings
    return (Math.ceil(rows / maxRows) * this.service.expectedMs(maxRows)) / workers
  }
}
