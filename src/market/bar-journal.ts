import { join } from 'node:path'
import { builtInCalendars, type Calendars } from '../calendars/calendars.ts'
import type { Bar } from '../contracts/bar.ts'
import type { Gauge, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { type BarRecord, bytesOfBar, decodeRecord, encodeRecord } from './bar-records.ts'
import { RecordLog, type Recovery } from './record-log.ts'
import { Series } from './series.ts'
import type { BarJournal } from './series-store.ts'

/** Where the journal lies, how many bars of a series it keeps when it is compacted (as many as the store), and whether the file before that stays for whoever seals it (as `bars-….log`, to be deleted by them). */
export type FileBarJournalDeps = {
  readonly folder: string
  readonly keepBars: number
  readonly clock: Clock
  readonly meter: Meter
  readonly keepOld?: boolean
  /** Those that are built in unless others are given. */
  readonly calendars?: Calendars
}

const syncEveryMs = 1_000
const barsPerRecord = 4_096
const spareBytes = 1024 * 1024

function* chunks(bars: readonly Bar[]): Generator<readonly Bar[]> {
  for (let from = 0; from < bars.length; from += barsPerRecord) yield bars.slice(from, from + barsPerRecord)
}

/** The records that make a series again as it is. */
function* recordsOf(series: Series): Generator<BarRecord> {
  const { key, settings, origin = 0, trimmed, rewriteCount } = series
  const all = series.slice(0, series.length)
  const shared = { key, settings }
  yield { kind: 'past', ...shared, past: { origin, trimmed, rewriteCount }, bars: [] }
  for (const bars of chunks(all)) yield { kind: 'bars', ...shared, bars }
  for (const bars of chunks(all.flatMap(({ openTime }) => series.revisions(openTime)))) yield { kind: 'older', ...shared, bars }
}

/**
 * Bars on disk, in the order of their coming, revisions included: what was ingested is there after a restart. Every ingest is written before it returns, so the death of the
 * process loses nothing; the disk is asked to make it durable at most once a second, so a power cut may lose what came since. Older bars than the store keeps go when the file is
 * compacted, at the next opening. A write that fails is counted and shown; the store goes on in memory.
 */
export class FileBarJournal implements BarJournal {
  readonly #log: RecordLog
  readonly #clock: Clock
  readonly #calendars: Calendars
  readonly #failed: Gauge
  readonly #restored = new Map<string, Series>()
  #lastSync: number
  #syncing: Promise<void> | undefined
  #healthy = true
  constructor({ folder, keepBars, clock, meter, keepOld = false, calendars = builtInCalendars }: FileBarJournalDeps) {
    this.#calendars = calendars
    this.#clock = clock
    this.#lastSync = clock.monotonic()
    this.#failed = meter.gauge('market_journal_failed', '1 after bars could not be written to disk')
    this.#failed.set(0)
    this.#log = new RecordLog(join(folder, 'bars.log'), (payload) => this.#take(decodeRecord(payload), keepBars))
    this.#compact(keepOld ? join(folder, `bars-${clock.now()}.log`) : undefined)
  }

  /** Series as they were when the process ended. */
  get restored(): Iterable<Series> {
    return this.#restored.values()
  }
  /** What opening the file found. */
  get recovery(): Recovery {
    return this.#log.recovery
  }
  /** False after a write or sync has failed: bars since then are in memory only. */
  get healthy(): boolean {
    return this.#healthy
  }

  append({ key, settings }: Series, bars: readonly Bar[]): void {
    this.#write(chunks(bars).map((part) => ({ kind: 'bars', key, settings, bars: part })))
  }

  replace(series: Series): void {
    this.#write(recordsOf(series))
  }

  /** Makes everything durable and closes the file. */
  async close(): Promise<void> {
    await this.#syncing
    this.#log.close()
  }

  #write(records: Iterable<BarRecord>): void {
    if (!this.#healthy) return
    try {
      for (const record of records) this.#log.append(encodeRecord(record))
    } catch {
      return this.#fail()
    }
    if (this.#syncing || this.#clock.monotonic() - this.#lastSync < syncEveryMs) return
    this.#lastSync = this.#clock.monotonic()
    this.#syncing = this.#log.sync().then(
      () => void (this.#syncing = undefined),
      () => this.#fail(),
    )
  }

  #fail(): void {
    this.#healthy = false
    this.#failed.set(1)
  }

  #take({ kind, key, settings, past, bars }: BarRecord, keepBars: number): void {
    const name = `${key.symbol}@${key.timeframe}`
    const series = (kind === 'past' ? undefined : this.#restored.get(name)) ?? new Series(key, settings, this.#calendars)
    this.#restored.set(name, series)
    if (kind === 'older') return series.restoreRevisions(bars)
    for (const bar of bars) series.apply(bar)
    if (past) series.restore(past)
    series.trim(keepBars)
  }

  #compact(keepAs: string | undefined): void {
    let bytes = 0
    for (const { last, length, revisionCount } of this.#restored.values()) bytes += last === undefined ? 0 : (length + revisionCount) * bytesOfBar(last)
    if (this.#log.bytes <= 2 * bytes + spareBytes) return
    const { restored } = this
    this.#log.rewrite(
      (function* () {
        for (const series of restored) for (const record of recordsOf(series)) yield encodeRecord(record)
      })(),
      keepAs,
    )
  }
}
