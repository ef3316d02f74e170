import { join } from 'node:path'
import { builtInCalendars, type Calendars } from '../calendars/calendars.ts'
import type { Bar } from '../contracts/bar.ts'
import type { Gauge, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { type BarRecord, bytesOfBar, decodeRecord, encodeRecord } from './bar-records.ts'
import { RecordLog, type Recovery } from './record-log.ts'
import { Series } from './series.ts'
import type { BarJournal } from './series-store.ts'
import { type Unwritten, UnwrittenBars } from './unwritten-bars.ts'

/** Where the journal lies, how many bars of a series it keeps when it is compacted (as many as the store), and whether the file before that stays for whoever seals it (as `bars-….log`, to be deleted by them). */
export type FileBarJournalDeps = {
  readonly folder: string
  readonly keepBars: number
  readonly clock: Clock
  readonly meter: Meter
  readonly keepOld?: boolean
  /** Those that are built in unless others are given. */
  readonly calendars?: Calendars
  /** How the file is opened. */
  readonly openLog?: (...given: ConstructorParameters<typeof RecordLog>) => RecordLog
}

const syncEveryMs = 1_000
const tryAgainMs = 60_000
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

function recordsFor({ series, bars }: Unwritten): BarRecord[] {
  if (bars === 'whole') return [...recordsOf(series)]
  const { key, settings } = series
  return [...chunks(bars)].map((part) => ({ kind: 'bars', key, settings, bars: part }))
}

/**
 * Bars on disk, in the order of their coming, revisions included: what was ingested is there after a restart. Every ingest is written before it returns, so the death of the
 * process loses nothing; the disk is asked to make it durable at most once a second, so a power cut may lose what came since. Older bars than the store keeps go when the file is
 * compacted, at the next opening. What the disk refuses stays in memory, counted and shown, and is written once the disk takes it again: that is tried with the bars that come a minute later or
 * after it, and when the journal is closed.
 */
export class FileBarJournal implements BarJournal {
  readonly #log: RecordLog
  readonly #clock: Clock
  readonly #calendars: Calendars
  readonly #failed: Gauge
  readonly #restored = new Map<string, Series>()
  readonly #unwritten: UnwrittenBars
  /** Written, and not known to be durable yet. */
  readonly #unsynced = new Set<Series>()
  #lastSync: number
  #syncing: Promise<void> | undefined
  #tryAgainAt: number | undefined
  constructor({
    folder,
    keepBars,
    clock,
    meter,
    keepOld = false,
    calendars = builtInCalendars,
    openLog = (...given) => new RecordLog(...given),
  }: FileBarJournalDeps) {
    this.#calendars = calendars
    this.#clock = clock
    this.#lastSync = clock.monotonic()
    this.#unwritten = new UnwrittenBars(keepBars)
    this.#failed = meter.gauge('market_journal_failed')
    this.#failed.set(0)
    this.#log = openLog(join(folder, 'bars.log'), (payload) => this.#take(decodeRecord(payload), keepBars))
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
  /** False from a write or sync that failed until everything is written: what came since is in memory only. */
  get healthy(): boolean {
    return this.#tryAgainAt === undefined
  }

  append(series: Series, bars: readonly Bar[]): void {
    this.#unwritten.add(series, bars)
    this.#write()
  }

  replace(series: Series): void {
    this.#unwritten.addWhole(series)
    this.#write()
  }

  /** Makes everything durable and closes the file. */
  async close(): Promise<void> {
    await this.#syncing
    if (!this.healthy) this.#writeAll()
    this.#log.close()
  }

  #write(): void {
    const now = this.#clock.monotonic()
    if (now < (this.#tryAgainAt ?? now)) return
    this.#writeAll()
    if (!this.healthy || this.#syncing || now - this.#lastSync < syncEveryMs) return
    this.#lastSync = now
    const synced = [...this.#unsynced]
    this.#unsynced.clear()
    this.#syncing = this.#log.sync().then(
      () => void (this.#syncing = undefined),
      () => {
        this.#syncing = undefined
        for (const series of synced) this.#unwritten.addWhole(series)
        this.#fail()
      },
    )
  }

  #writeAll(): void {
    try {
      for (const unwritten of this.#unwritten.all()) {
        this.#log.append(...recordsFor(unwritten).map(encodeRecord))
        this.#unwritten.settle(unwritten.series)
        this.#unsynced.add(unwritten.series)
      }
    } catch {
      return this.#fail()
    }
    if (this.healthy) return
    this.#tryAgainAt = undefined
    this.#failed.set(0)
  }

  #fail(): void {
    this.#tryAgainAt = this.#clock.monotonic() + tryAgainMs
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

  /** A disk that does not take a shorter file leaves it as it is. */
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
