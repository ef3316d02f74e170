import type { Calendar } from '../contracts/bar.ts'
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

function claimOf({ path, text }: FileAbout): CalendarClaim {
  try {
    const { calendar } = JSON.parse(text) as { readonly calendar?: unknown }
    return { path, calendar: typeof calendar === 'string' ? calendar : undefined }
  } catch (error) {
    throw new ServingError('validation_failed', `${path}: its metadata under the key presage is no JSON object`, { cause: error })
  }
}
