import type { Calendar, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import type { FileAbout } from './history-message.ts'

/** A file with bars, and the calendar that it says they follow, if it says one. */
export type CalendarClaim = { readonly path: string; readonly calendar: Calendar | undefined }

/** The calendar of a series that lies in several files; undefined if none of them says one. Throws `validation_failed` with two that disagree. */
export function agreedCalendar(claims: readonly CalendarClaim[]): Calendar | undefined {
  const said = claims.filter(({ calendar }) => calendar !== undefined)
  const [first] = said
  const other = said.find(({ calendar }) => calendar !== first?.calendar)
  if (first && other)
    throw new ServingError(
      'validation_failed',
      `${first.path} says that its bars follow the calendar ${first.calendar}, ${other.path} says ${other.calendar}: a series has one calendar, so they are not of one`,
    )
  return first?.calendar
}

/** The calendar that the metadata of files of one series says. Throws as `agreedCalendar` does, and for metadata that is not ours. */
export const sealedCalendar = (abouts: readonly FileAbout[]): Calendar | undefined => agreedCalendar(abouts.map(claimOf))

/** What a file says of the series that its bars are of, as far as it says anything. */
type Said = Readonly<Partial<Record<'symbol' | 'timeframe' | 'calendar', unknown>>>

function saidBy({ path, text }: FileAbout): Said {
  try {
    return JSON.parse(text) as Said
  } catch (error) {
    throw new ServingError('validation_failed', `${path}: its metadata under the key presage is no JSON object`, { cause: error })
  }
}

function claimOf(about: FileAbout): CalendarClaim {
  const { calendar } = saidBy(about)
  return { path: about.path, calendar: typeof calendar === 'string' ? calendar : undefined }
}

/** Throws `validation_failed` for a file that says its bars are of another series. */
export function checkSeries(abouts: readonly FileAbout[], key: SeriesKey): void {
  for (const about of abouts) {
    const { symbol = key.symbol, timeframe = key.timeframe } = saidBy(about)
    if (symbol === key.symbol && timeframe === key.timeframe) continue
    throw new ServingError(
      'validation_failed',
      `${about.path}: its bars are of ${String(symbol)} at ${String(timeframe)}, as it says of itself, not of ${key.symbol} at ${key.timeframe}; to use them as those, bring them as CSV`,
    )
  }
}
