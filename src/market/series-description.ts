import type { Bar, Calendar, SeriesClock } from '../contracts/bar.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import type { Series } from './series.ts'

/** One series in the words of GET /market. Times are ms since the epoch; `gaps` counts places where it lacks bars by its calendar. */
export type SeriesDescription = {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly calendar: Calendar
  readonly clock: SeriesClock
  readonly derivedFrom?: Timeframe
  readonly bars: number
  readonly dropped: number
  readonly origin: number
  readonly firstOpenTime: number
  readonly lastCloseTime: number
  readonly gaps: number
  readonly revisions: number
  readonly quarantined: number
}

function countGaps(series: Series): number {
  const { periods } = series
  let gaps = 0
  for (let i = 1; i < series.length; i++) if (periods.count((series.bar(i - 1) as Bar).closeTime, (series.bar(i) as Bar).openTime) > 0) gaps += 1
  return gaps
}

/** What is known of a series that has at least one bar. */
export function describeSeries(series: Series, quarantined: number): SeriesDescription {
  const { key, settings, first, last, origin } = series
  return {
    ...key,
    calendar: settings.calendar,
    clock: settings.clock,
    ...(settings.derivedFrom === undefined ? {} : { derivedFrom: settings.derivedFrom }),
    bars: series.length,
    dropped: series.trimmed,
    origin: origin ?? 0,
    firstOpenTime: first?.openTime ?? 0,
    lastCloseTime: last?.closeTime ?? 0,
    gaps: countGaps(series),
    revisions: series.revisionCount,
    quarantined,
  }
}
