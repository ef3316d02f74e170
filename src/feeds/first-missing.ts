import type { Periods } from '../calendars/periods.ts'
import type { Series } from '../market/series.ts'

/** When there are bars, how far back they are wanted at least, and how many bars at most are asked for after a long absence; a series that `goesOn` where another replica's ended wants none before its first. */
export type Reach = {
  readonly periods: Periods
  readonly barMs: number
  readonly now: number
  readonly history: number
  readonly most: number
  readonly goesOn?: boolean
}

/** Open time of the first bar that a series lacks within its reach: where a feed has to begin, so that what was missed while nothing ran is filled in as well. */
export function firstMissing(series: Series | undefined, { periods, barMs, now, history, most, goesOn = false }: Reach): number {
  const current = Math.floor(now / barMs) * barMs
  const [wanted, oldest] = [periods.back(current, history), periods.back(current, most)]
  const [first, last] = [series?.first, series?.last]
  if (series === undefined || first === undefined || last === undefined) return Math.max(wanted, oldest)
  const begin = goesOn ? Math.max(wanted, first.openTime) : wanted
  let next = periods.nextOpen(Math.max(Math.min(begin, last.closeTime), oldest))
  for (let position = series.positionFrom(next); series.bar(position)?.openTime === next; position += 1) next = periods.nextOpen(next + barMs)
  return next
}
