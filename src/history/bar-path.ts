import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SeriesKey } from '../contracts/bar.ts'

/** Where the sealed bars of a series lie, in folders that readers of Hive partitions understand: a file for each month (UTC) of open times, `2024-01.parquet`. */
export const barFolder = (folder: string, { symbol, timeframe }: SeriesKey): string =>
  join(folder, 'bars', `symbol=${encodeURIComponent(symbol)}`, `timeframe=${timeframe}`)

/** Name of the file of a month; `month` as in `2024-01`. */
export const barFile = (folder: string, key: SeriesKey, month: string): string => join(barFolder(folder, key), `${month}.parquet`)

/** The month (UTC) of a moment, `2024-01`. */
export const monthOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7)

/** End of the year 9999, after which months have another form. */
const lastMs = 253_402_300_799_999

/** The files of a series whose months touch a span of open times (ms), in order. */
export async function barFiles(folder: string, key: SeriesKey, { from = 0, to = lastMs }: { readonly from?: number; readonly to?: number }): Promise<string[]> {
  const names = await readdir(barFolder(folder, key)).catch(() => [] as string[])
  const months = names.filter((name) => /^\d{4}-\d\d\.parquet$/.test(name)).map((name) => name.slice(0, 7))
  const [first, last] = [monthOf(from), monthOf(to)]
  return months
    .filter((month) => month >= first && month <= last)
    .toSorted()
    .map((month) => barFile(folder, key, month))
}
