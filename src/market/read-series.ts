import type { Calendar, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { decodeRecord } from './bar-records.ts'
import type { BarInput } from './check-bar.ts'
import { openRecords } from './record-log.ts'
import { Series } from './series.ts'

/** Bars of one series, and its calendar where they lie with one. */
export type ReadSeries = { readonly calendar: Calendar | undefined; readonly bars: BarInput[] }

/** Bars of one series in the records of a journal, each in its last version. */
function journaledBars(path: string, records: readonly Buffer[], { symbol, timeframe }: SeriesKey): ReadSeries {
  let series: Series | undefined
  for (const { kind, key, settings, bars } of records.map(decodeRecord)) {
    if (kind !== 'bars' || key.symbol !== symbol || key.timeframe !== timeframe) continue
    series ??= new Series(key, settings)
    for (const bar of bars) series.apply(bar)
  }
  if (!series) throw new ServingError('series_not_found', `${path} is a journal without bars of ${symbol} at ${timeframe}`)
  return { calendar: series.settings.calendar, bars: series.slice(0, series.length) }
}

/** Bars of one series: of a journal (`market/bars.log` in a data folder), whose server may be running, or of another file, which `readFile` reads. Throws `validation_failed`, `series_not_found`. */
export async function readSeries(path: string, key: SeriesKey, readFile: (path: string, key: SeriesKey) => Promise<ReadSeries>): Promise<ReadSeries> {
  const records = openJournal(path)
  return records ? journaledBars(path, records, key) : readFile(path, key)
}

/** The records of a journal; undefined for any other file, or none, of which the reader of files tells. */
function openJournal(path: string): Buffer[] | undefined {
  try {
    const records = openRecords(path)
    return records && Array.from(records, ({ payload }) => payload)
  } catch {
    return undefined
  }
}
