import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Counter, Gauge, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { RecordLog } from './record-log.ts'

/** What is logged day by day until it is sealed: trades, order books, vectors of predictions. */
export type LoggedKind = 'ticks' | 'books' | 'vectors'

/** Where the files lie, what is in them, and how many bytes all of them may take until they are sealed. */
export type DayLogDeps = { readonly folder: string; readonly kind: LoggedKind; readonly maxBytes: number; readonly clock: Clock; readonly meter: Meter }

/** Why rows are lost: the files take all the room that they may, or the disk refuses. */
export type Loss = 'full' | 'unwritable'

/** A file goes on a little beyond its day, as rows may come late; whoever seals it comes later than that. */
const lateMs = 180_000
const syncEveryMs = 1_000
const tryAgainMs = 60_000

/** A file of such a log: its kind, the day (UTC) that it is of, and the ms at which it was begun. */
export const dayLogName = /^(ticks|books|vectors)-(\d{4}-\d\d-\d\d)-(\d+)\.log$/

/** The day (UTC) of a moment, `2024-01-15`. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/**
 * Records of one kind, in files of a day each that are begun anew with the process and removed by whoever seals them. An append is one write: it survives the death of the process; a power cut may
 * cost what came in the last second. Where the disk refuses it, or the files take more than they may, rows are counted as lost, and the next try is a minute later; nothing is ever thrown.
 */
export class DayLog {
  readonly #deps: DayLogDeps
  readonly #lost: Readonly<Record<Loss, Counter>>
  readonly #failed: Gauge
  #log: RecordLog | undefined
  #day = ''
  /** Bytes of all files but the open one. */
  #beside = 0
  #refusal: { readonly loss: Loss; readonly until: number } | undefined
  #lastSync = -Infinity
  #syncing: Promise<void> | undefined
  constructor(deps: DayLogDeps) {
    const { kind, meter } = deps
    this.#deps = deps
    const lost = (why: Loss): Counter => meter.counter('history_rows_lost_total', { kind, why })
    this.#lost = { full: lost('full'), unwritable: lost('unwritable') }
    this.#failed = meter.gauge('history_log_failed', { kind })
    this.#failed.set(0)
  }

  /** Why rows are lost at present, from the first that was to the first that is kept again; undefined while all are kept. */
  get loss(): Loss | undefined {
    return this.#refusal?.loss
  }

  /** Keeps a record, which holds some rows. */
  append(payload: Uint8Array, rows: number): void {
    const { clock, maxBytes } = this.#deps
    if (this.#refusal && clock.monotonic() < this.#refusal.until) return this.#lost[this.#refusal.loss].add(rows)
    try {
      const log = this.#open()
      if (this.#beside + log.bytes + payload.length > maxBytes) return this.#refuse('full', rows)
      log.append(payload)
      this.#sync(log)
      if (this.#refusal) this.#failed.set(0)
      this.#refusal = undefined
    } catch {
      this.#refuse('unwritable', rows)
    }
  }

  /** Makes everything durable and closes the file. */
  async close(): Promise<void> {
    await this.#syncing
    this.#log?.close()
    this.#log = undefined
  }

  /** The file of the day. A new one is also begun after a refusal: what was sealed meanwhile takes no room any more. */
  #open(): RecordLog {
    const { folder, kind, clock } = this.#deps
    const now = clock.now()
    const day = dayOf(now - lateMs)
    if (this.#log && day === this.#day && !this.#refusal) return this.#log
    this.#log?.close()
    this.#log = undefined
    mkdirSync(folder, { recursive: true })
    const names = readdirSync(folder).filter((name) => dayLogName.exec(name)?.[1] === kind)
    this.#beside = names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0)
    this.#log = new RecordLog(join(folder, `${kind}-${day}-${now}.log`), () => {})
    this.#day = day
    return this.#log
  }

  #sync(log: RecordLog): void {
    const now = this.#deps.clock.monotonic()
    if (this.#syncing || now - this.#lastSync < syncEveryMs) return
    this.#lastSync = now
    this.#syncing = log.sync().then(
      () => void (this.#syncing = undefined),
      () => {
        this.#syncing = undefined
        this.#refuse('unwritable', 0)
      },
    )
  }

  #refuse(loss: Loss, rows: number): void {
    this.#lost[loss].add(rows)
    this.#refusal = { loss, until: this.#deps.clock.monotonic() + tryAgainMs }
    this.#failed.set(1)
  }
}
