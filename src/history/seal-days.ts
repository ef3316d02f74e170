import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dayLogName, dayOf, type LoggedKind } from '../market/day-log.ts'
import { decodeBooks, decodeTrades } from '../market/flow/flow-records.ts'
import { openRecords } from '../market/record-log.ts'
import { DayTable, type DayTableSpec, type Row } from './day-table.ts'
import type { Duck } from './duckdb.ts'
import { bookRow, bookTable, tradeRow, tradeTable } from './flow-table.ts'
import { removeFiles } from './sealed-file.ts'
import { vectorsOf } from './vector-records.ts'
import { vectorRow, vectorTable } from './vector-table.ts'

/** What to seal: day logs of `incomingFolder` into files of the folder `history`, of days that ended at `until` (ms) or before. `keepDays` (0: all) is how long files stay, `rawKeepDays` those of trades and order books, if not as long. */
export type DaySealRequest = { readonly history: string; readonly until: number; readonly keepDays: number; readonly rawKeepDays?: number }

/** What was done: rows read, files written, files removed because they were too old. */
export type DaySealReport = { readonly rows: number; readonly files: number; readonly removed: number }

type Placed = { readonly table: string; readonly spec: () => DayTableSpec; readonly ms: number; readonly row: Row }

const dayMs = 86_400_000

/** Where the day logs of a history wait to be sealed. */
export const incomingFolder = (history: string): string => join(history, 'incoming')

function* placedVectors(history: string, record: Buffer): Generator<Placed> {
  for (const served of vectorsOf(record)) {
    const { set } = served.head
    yield { table: set.feature_set_digest, spec: () => vectorTable(history, set), ms: served.at, row: vectorRow(served) }
  }
}

function* placedTrades(history: string, record: Buffer): Generator<Placed> {
  const { symbol, receivedTime, events } = decodeTrades(record)
  for (const trade of events) yield { table: symbol, spec: () => tradeTable(history, symbol), ms: trade.time, row: tradeRow(trade, receivedTime) }
}

function* placedBooks(history: string, record: Buffer): Generator<Placed> {
  const { symbol, receivedTime, events } = decodeBooks(record)
  for (const book of events) yield { table: symbol, spec: () => bookTable(history, symbol), ms: book.time, row: bookRow(book, receivedTime) }
}

type Reader = (history: string, record: Buffer) => Iterable<Placed>
const readers: Readonly<Record<LoggedKind, Reader>> = { vectors: placedVectors, ticks: placedTrades, books: placedBooks }

/** Moves day logs into Parquet, kind by kind, and removes them then. Every step may be repeated: a row that a file has is not added again. */
export class DaySealer {
  readonly #duck: Duck
  readonly #request: DaySealRequest
  #rows = 0
  constructor(duck: Duck, request: DaySealRequest) {
    this.#duck = duck
    this.#request = request
  }

  /** Seals what is there, then removes what is too old. Throws what the disk throws; what was sealed until then stays. */
  async seal(): Promise<DaySealReport> {
    let [files, removed] = [0, 0]
    for (const kind of Object.keys(readers) as LoggedKind[]) {
      await removeFiles(join(this.#request.history, kind), (name) => name.endsWith('.unfinished'))
      files += await this.#sealKind(kind)
      removed += await this.#removeOld(kind)
    }
    return { rows: this.#rows, files, removed }
  }

  async #sealKind(kind: LoggedKind): Promise<number> {
    const { history, until } = this.#request
    const incoming = incomingFolder(history)
    const today = dayOf(until)
    const names = (await readdir(incoming).catch(() => [] as string[])).filter((name) => {
      const [, of, day = today] = dayLogName.exec(name) ?? []
      return of === kind && day < today
    })
    const tables = new Map<string, DayTable>()
    for (const name of names.toSorted()) await this.#take(kind, join(incoming, name), tables)
    let files = 0
    for (const table of tables.values()) files += await table.write()
    for (const name of names) await rm(join(incoming, name))
    return files
  }

  async #take(kind: LoggedKind, path: string, tables: Map<string, DayTable>): Promise<void> {
    for (const { payload } of openRecords(path) ?? []) {
      for (const { table, spec, ms, row } of readers[kind](this.#request.history, payload)) {
        const known = tables.get(table) ?? new DayTable(this.#duck, `${kind} ${table}`, spec())
        tables.set(table, known)
        this.#rows += 1
        const full = known.add(ms, row)
        if (full) await full
      }
    }
  }

  #removeOld(kind: LoggedKind): Promise<number> {
    const { history, until, keepDays, rawKeepDays = keepDays } = this.#request
    const days = kind === 'vectors' ? keepDays : rawKeepDays
    if (days === 0) return Promise.resolve(0)
    const oldest = dayOf(until - days * dayMs)
    return removeFiles(join(history, kind), (name) => name.endsWith('.parquet') && name < oldest)
  }
}
