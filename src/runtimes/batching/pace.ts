import { Arrivals } from './arrivals.ts'
import type { BatchSettings } from './batch-settings.ts'
import { bestWaitMs } from './best-wait.ts'
import { ServiceTime } from './service-time.ts'
import type { WaitingRows } from './waiting-rows.ts'

/** Learns how rows come and how long calls take, and says what follows. */
export class Pace {
  readonly arrivals = new Arrivals()
  readonly service = new ServiceTime()
  readonly #settings: BatchSettings

  constructor(settings: BatchSettings) {
    this.#settings = settings
  }

  /**
   * Ms for which the last free worker should wait until more rows come, `rows` being at hand: what pays, at most `max_delay`, and nothing when `first`, the oldest of them, would miss the
   * target or its deadline. Whole ms, or a fraction that stands for one turn of the event loop: timers know nothing between.
   */
  waitMs(rows: number, first: WaitingRows, now: number): number {
    const { maxRows, maxDelayMs, targetMs, workers } = this.#settings
    const { fixedMs, rowMs } = this.service
    const best = bestWaitMs({ rows, intervalMs: this.arrivals.intervalMs, fixedMs, rowMs, workers })
    if (best === 0 || rows >= maxRows) return 0
    const latest = Math.min(first.since + targetMs, first.deadline.at) - this.service.expectedMs(maxRows)
    const room = Math.min(maxDelayMs, latest - now)
    if (room <= 0) return 0
    return best < 0.5 || room < 1 ? Math.min(best, 0.5) : Math.min(Math.round(best), Math.floor(room))
  }

  /** Ms until `rows` waiting rows will have been computed. */
  drainMs(rows: number): number {
    const { maxRows, workers } = this.#settings
    return (Math.ceil(rows / maxRows) * this.service.expectedMs(maxRows)) / workers
  }
}
