import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SeriesKey } from '../contracts/bar.ts'
import { decodeRecord } from '../market/bar-records.ts'
import { openRecords } from '../market/record-log.ts'
import { barFile, monthOf } from './bar-path.ts'
import { barColumns, blockOfBars, type BarVersion } from './bar-table.ts'
import type { Duck } from './duckdb.ts'
import { removeFiles, sealedRows, writeRows } from './sealed-file.ts'
import { readSealState, writeSealState } from './seal-state.ts'
import { literal, quoted } from './table.ts'

/** What to seal: journals of the folder `market` into files of the folder `history`; bars that open at `until` (ms) or later wait. `keepDays` (0: all) is how long files stay. */
export type JournalSealRequest = { readonly market: string; readonly history: string; readonly until: number; readonly keepDays: number }

/** What was done: versions of bars read, files written, files removed because they were too old. */
export type JournalSealReport = { readonly bars: number; readonly files: number; readonly removed: number }

const dayMs = 86_400_000
const barsPerBlock = 8_192
const incoming = 'incoming'
const keyColumns = ['symbol', 'timeframe', 'month', 'settings'] as const
const incomingColumns = [...keyColumns.map((name) => ({ name, type: 'text' }) as const), ...barColumns]
/** Order of versions: those that are in a file, those that a compacted log calls older, those that came in. */
const [olderFirst, newest] = [1e9, 1e15]

type Log = { readonly path: string; readonly file: string; readonly isCurrent: boolean }

async function identity(path: string): Promise<string> {
  const { ino, birthtimeMs } = await stat(path)
  return `${ino} ${birthtimeMs}`
}

/** The logs of a folder, oldest first: those that were kept when the current one was compacted, then that. */
async function logsOf(folder: string): Promise<Log[]> {
  const names = (await readdir(folder).catch(() => [] as string[])).filter((name) => /^bars(-\d+)?\.log$/.test(name))
  const ordered = names.toSorted((a, b) => Number(a === 'bars.log') - Number(b === 'bars.log') || a.localeCompare(b))
  return Promise.all(ordered.map(async (name) => ({ path: join(folder, name), file: await identity(join(folder, name)), isCurrent: name === 'bars.log' })))
}

/** Moves sealed days of the bar journal into Parquet. Every step may be repeated: a version of a bar that a file has is not added again. */
export class JournalSealer {
  readonly #duck: Duck
  readonly #request: JournalSealRequest
  #waiting: { readonly key: readonly string[]; readonly version: BarVersion }[] = []
  #bars = 0
  constructor(duck: Duck, request: JournalSealRequest) {
    this.#duck = duck
    this.#request = request
  }

  /** Seals what is new, then removes what is too old. Throws what the disk throws; what was sealed until then stays. */
  async seal(): Promise<JournalSealReport> {
    const { market, history, keepDays, until } = this.#request
    await mkdir(history, { recursive: true })
    await removeFiles(join(history, 'bars'), (name) => name.endsWith('.unfinished'))
    await this.#duck.create(incoming, incomingColumns)
    const state = await readSealState(history)
    const logs = await logsOf(market)
    const sealed = new Map<string, number>()
    const done: string[] = []
    for (const { path, file, isCurrent } of logs) {
      const { position, isEnd } = await this.#take(path, state.get(file))
      if (isEnd && !isCurrent) done.push(path)
      else if (position !== undefined) sealed.set(file, position)
    }
    await this.#flush()
    const files = await this.#write()
    await writeSealState(history, sealed)
    await this.#duck.run(`DROP TABLE ${incoming}`)
    for (const path of done) await rm(path)
    const oldest = monthOf(until - keepDays * dayMs)
    const removed = keepDays === 0 ? 0 : await removeFiles(join(history, 'bars'), (name) => name.endsWith('.parquet') && name.slice(0, 7) < oldest)
    return { bars: this.#bars, files, removed }
  }

  /** Takes the closed bars of a log; `position` is where the first record begins that has others. */
  async #take(path: string, from: number | undefined): Promise<{ readonly position: number | undefined; readonly isEnd: boolean }> {
    let position = from
    let isEnd = true
    for (const { payload, next } of openRecords(path, from) ?? []) {
      const { kind, key, settings, bars } = decodeRecord(payload)
      if (settings.derivedFrom === undefined) {
        for (const bar of bars) {
          if (bar.openTime >= this.#request.until) isEnd = false
          else
            this.#waiting.push({
              key: [key.symbol, key.timeframe, monthOf(bar.openTime), JSON.stringify(settings)],
              version: { bar, version: (kind === 'older' ? olderFirst : newest) + this.#bars++ },
            })
        }
      }
      if (isEnd) position = next
      if (this.#waiting.length >= barsPerBlock) await this.#flush()
    }
    return { position, isEnd }
  }

  async #flush(): Promise<void> {
    const { rows, columns } = blockOfBars(this.#waiting.map(({ version }) => version))
    const texts = keyColumns.map((_, i) => this.#waiting.map(({ key }) => key[i] as string))
    this.#waiting = []
    if (rows > 0) await this.#duck.append(incoming, { rows, columns: [...texts, ...columns] })
  }

  /** Writes every file that gets something new; gives their number. */
  async #write(): Promise<number> {
    const parts = (await this.#duck.rows(`SELECT symbol, timeframe, month, max(settings) FROM ${incoming} GROUP BY ALL ORDER BY ALL`)) as readonly (readonly [
      string,
      SeriesKey['timeframe'],
      string,
      string,
    ])[]
    let files = 0
    for (const [symbol, timeframe, month, settings] of parts) {
      const path = barFile(this.#request.history, { symbol, timeframe }, month)
      if (
        await this.#merge(path, {
          where: `symbol = ${literal(symbol)} AND timeframe = ${literal(timeframe)} AND month = ${literal(month)}`,
          about: JSON.stringify({ symbol, timeframe, ...(JSON.parse(settings) as object) }),
        })
      )
        files += 1
    }
    return files
  }

  /** Adds the versions of bars to a file that it has not; true if there were any. */
  async #merge(path: string, { where, about }: { readonly where: string; readonly about: string }): Promise<boolean> {
    const content = barColumns.filter(({ name }) => name !== 'version').map(({ name }) => quoted(name))
    const known = await sealedRows(this.#duck, path, barColumns)
    const names = [...content, 'version'].join(', ')
    const all = `SELECT ${names} FROM ${incoming} WHERE ${where}${known.rows === 0 ? '' : ` UNION ALL SELECT ${names} FROM (${known.select})`}`
    await this.#duck.run(`CREATE OR REPLACE TABLE merged AS SELECT ${content.join(', ')}, min(version) AS place FROM (${all}) GROUP BY ${content.join(', ')}`)
    const [[rows]] = (await this.#duck.rows('SELECT CAST(count(*) AS DOUBLE) FROM merged')) as [[number]]
    if (rows === known.rows) return false
    const numbered = `SELECT *, row_number() OVER (PARTITION BY open_time ORDER BY place) AS version FROM merged`
    await writeRows(this.#duck, path, { rows: `(${numbered}) ORDER BY open_time, version`, columns: barColumns, about })
    return true
  }
}
