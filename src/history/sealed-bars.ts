import type { Bar, Calendar, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { sealedCalendar } from './agreed-calendar.ts'
import { barFiles, barFolder } from './bar-path.ts'
import { barsOfBlock } from './bar-table.ts'
import type { HistoryProcess } from './history-process.ts'
import { readParquet } from './parquet-file.ts'

/** Which bars of a series: open times in [from, to), closed at `asOf` or before, and as they were known at `knownAt`: bars received later are not there, revised ones as they were. All in ms. */
export type SealedSpan = { readonly from?: number; readonly to?: number; readonly asOf?: number; readonly knownAt?: number }

const notSealed = (folder: string, key: SeriesKey): ServingError =>
  new ServingError('series_not_found', `No bars of ${key.symbol} at ${key.timeframe} are sealed in ${barFolder(folder, key)}`)

/** All versions of the sealed bars of a series, each bar's in the order in which they came, and what the files say of the series. Throws as `sealedBars` does. */
export async function sealedVersions(
  process: HistoryProcess,
  folder: string,
  key: SeriesKey,
): Promise<{ readonly calendar: Calendar; readonly versions: Bar[] }> {
  const paths = await barFiles(folder, key, {})
  if (paths.length === 0) throw notSealed(folder, key)
  const versions: Bar[] = []
  const { columns, blocks, abouts } = await readParquet(process, paths)
  for await (const block of blocks) for (const { bar } of barsOfBlock(block, columns)) versions.push(bar)
  return { calendar: sealedCalendar(abouts) ?? 'continuous', versions }
}

/**
 * The sealed bars of a series in order, each in the last version that was known, and the calendar that the files say. Throws `series_not_found` if none is sealed, `validation_failed` with the name
 * of a file that cannot be read, or of two that say different calendars.
 */
export async function sealedBars(
  process: HistoryProcess,
  folder: string,
  { span, ...key }: SeriesKey & { readonly span: SealedSpan },
): Promise<{ readonly calendar: Calendar | undefined; readonly bars: Bar[] }> {
  const paths = await barFiles(folder, key, span)
  if (paths.length === 0) throw notSealed(folder, key)
  const { columns, blocks, abouts } = await readParquet(process, paths, { of: 'bars', ...span })
  const bars: Bar[] = []
  for await (const block of blocks) for (const { bar } of barsOfBlock(block, columns)) bars.push(bar)
  return { calendar: sealedCalendar(abouts), bars }
}
