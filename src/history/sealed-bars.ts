import type { Bar, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { barFiles, barFolder } from './bar-path.ts'
import { barsOfBlock } from './bar-table.ts'
import type { HistoryProcess } from './history-process.ts'

/** Which bars of a series: open times in [from, to), closed at `asOf` or before, and as they were known at `knownAt`: bars received later are not there, revised ones as they were. All in ms. */
export type SealedSpan = { readonly from?: number; readonly to?: number; readonly asOf?: number; readonly knownAt?: number }

/** The sealed bars of a series in order, each in the last version that was known. Throws `series_not_found` if none is sealed, `validation_failed` with the name of a file that cannot be read. */
export async function sealedBars(process: HistoryProcess, folder: string, { span, ...key }: SeriesKey & { readonly span: SealedSpan }): Promise<Bar[]> {
  const paths = await barFiles(folder, key, span)
  if (paths.length === 0) throw new ServingError('series_not_found', `No bars of ${key.symbol} at ${key.timeframe} are sealed in ${barFolder(folder, key)}`)
  const reading = process.name()
  const { columns } = await process.call({ kind: 'bars', reading, paths, span })
  const bars: Bar[] = []
  const next = () => process.call({ kind: 'next', reading })
  for (let block = await next(); block; block = await next()) for (const { bar } of barsOfBlock(block, columns)) bars.push(bar)
  return bars
}
