import { open, stat } from 'node:fs/promises'
import type { Calendar, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import { findColumns, readBar } from '../market/bar-columns.ts'
import { ofTimeframe } from '../market/bar-spacing.ts'
import type { BarInput } from '../market/check-bar.ts'
import type { ReadSeries } from '../market/read-series.ts'
import { readBarsFile } from '../market/read-bars-file.ts'
import { checkSeries, sealedCalendar } from './agreed-calendar.ts'
import { HistoryProcess } from './history-process.ts'
import { readParquet } from './parquet-file.ts'

const magic = Buffer.from('PAR1', 'latin1')

/** True if a file begins as Parquet does; false for one that cannot be read, of which its reader tells. */
export async function isParquet(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false
    await using handle = await open(path)
    const { buffer } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0)
    return buffer.equals(magic)
  } catch {
    return false
  }
}

/** The calendar of the bars of a file, if it is Parquet and says one. Throws as `readBars` does, and `validation_failed` if it says that its bars are of another series than this. */
export async function calendarOfFile(path: string, key: SeriesKey): Promise<Calendar | undefined> {
  if (!(await isParquet(path))) return undefined
  await using process = new HistoryProcess()
  const { abouts } = await readParquet(process, [path])
  checkSeries(abouts, key)
  return sealedCalendar(abouts)
}

async function* parquetBars(path: string, onBytes: (bytes: number) => void): AsyncGenerator<BarInput> {
  const { size } = await stat(path)
  await using process = new HistoryProcess()
  const { columns: names, rows, blocks } = await readParquet(process, [path])
  const columns = findColumns(names, 'position')
  if (typeof columns === 'string') throw new ServingError('validation_failed', `${path}: ${columns}`)
  let line = 0
  for await (const block of blocks) {
    for (let row = 0; row < block.rows; row++) {
      line += 1
      const bar = readBar(
        block.columns.map((column) => (Number.isNaN(column[row]) ? null : column[row])),
        columns,
      )
      if (typeof bar === 'string') throw new ServingError('validation_failed', `${path} row ${line}: ${bar}`)
      yield bar
    }
    onBytes((size * block.rows) / rows)
  }
}

/** Which timeframe the bars of a file are said to be of, and who hears of progress in bytes of it. */
export type BarsAsked = { readonly timeframe: Timeframe; readonly onBytes?: (bytes: number) => void }

/**
 * Bars of a file, streamed in its order: CSV or JSON, plain or .gz, or Parquet with columns named as vendors name them (times as timestamps, numbers or texts). Throws `validation_failed` with the
 * name of the file and the line or row that cannot be read, or where its bars are of another timeframe; `store_unavailable` if DuckDB is not there.
 */
export async function* readBars(path: string, { timeframe, onBytes = () => {} }: BarsAsked): AsyncGenerator<BarInput> {
  yield* ofTimeframe((await isParquet(path)) ? parquetBars(path, onBytes) : readBarsFile(path, onBytes), timeframe, path)
}

/** All bars of a file of a series, and the calendar that they follow if it is Parquet and says one. Throws as `calendarOfFile` and `readBars` do. */
export const readWhole = async (path: string, key: SeriesKey): Promise<ReadSeries> => ({
  calendar: await calendarOfFile(path, key),
  bars: await Array.fromAsync(readBars(path, { timeframe: key.timeframe })),
})
