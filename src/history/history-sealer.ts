import type { Counter, Gauge, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { HistoryProcess } from './history-process.ts'

/** Where the journal lies and where history goes, how often it is sealed (ms), for how many days files stay (0: for ever; those of trades and order books `rawKeepDays`), and what the sealer needs from outside. */
export type HistorySealerDeps = {
  readonly market: string
  readonly history: string
  readonly everyMs: number
  readonly keepDays: number
  readonly rawKeepDays: number
  readonly clock: Clock
  readonly meter: Meter
  readonly log: { error(about: object, message: string): void }
  readonly timer: { after(ms: number, run: () => void): () => void }
}

const dayMs = 86_400_000
/** A day is closed some minutes after its end: bars may come late. */
const graceMs = 300_000
const firstMs = 60_000

/** Seals closed days (UTC) of the bar journal and the day logs into Parquet now and then, in a process of its own each time. A failure is counted, logged and tried again the next time. */
export class HistorySealer {
  readonly #deps: HistorySealerDeps
  readonly #counters: Readonly<Record<'bars' | 'rows' | 'files' | 'removed' | 'failed', Counter>>
  readonly #last: Gauge
  #process: HistoryProcess | undefined
  #running: Promise<void> = Promise.resolve()
  #cancel: () => void = () => {}
  #closed = false
  constructor(deps: HistorySealerDeps) {
    const { meter } = deps
    this.#deps = deps
    this.#counters = {
      bars: meter.counter('history_bars_read_total'),
      rows: meter.counter('history_rows_read_total'),
      files: meter.counter('history_files_written_total'),
      removed: meter.counter('history_files_removed_total'),
      failed: meter.counter('history_failures_total'),
    }
    this.#last = meter.gauge('history_sealed_timestamp_seconds')
  }

  /** Seals in a minute, and from then on as often as it was told. */
  start(): void {
    const { everyMs, timer } = this.#deps
    this.#cancel = timer.after(Math.min(firstMs, everyMs), () => this.#next())
  }

  /** Seals what is new. Never throws. */
  async seal(): Promise<void> {
    const { market, history, keepDays, rawKeepDays, clock, log } = this.#deps
    const until = Math.floor((clock.now() - graceMs) / dayMs) * dayMs
    await using process = new HistoryProcess()
    this.#process = process
    try {
      const report = await process.call({ kind: 'seal', market, history, until, keepDays, rawKeepDays })
      for (const name of ['bars', 'rows', 'files', 'removed'] as const) this.#counters[name].add(report[name])
      this.#last.set(clock.now() / 1_000)
    } catch (error) {
      if (this.#closed) return
      this.#counters.failed.add()
      log.error({ error: error instanceof Error ? error.message : String(error) }, 'history could not be sealed; it is tried again')
    }
  }

  /** Ends the work, also in the middle: the next start goes on with it. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#process?.close()
    await this.#running
  }

  #next(): void {
    const { everyMs, timer } = this.#deps
    this.#running = this.seal().finally(() => {
      if (!this.#closed) this.#cancel = timer.after(everyMs, () => this.#next())
    })
  }
}
