import { type Command, InvalidArgumentError } from 'commander'
import type { Sessions } from '../calendars/sessions.ts'
import { dayMs, formatDay, parseDay } from '../calendars/day.ts'
import { ServingError } from '../contracts/error.ts'
import { systemClock } from '../system.ts'
import { type CalendarFolder, calendarsOf, withCalendarFolder } from './calendar-option.ts'
import { tableLines } from './table.ts'

type ShowOptions = CalendarFolder & { readonly from?: number; readonly to?: number }

const shownDays = 14

function parseDayOption(text: string): number {
  const day = parseDay(text)
  if (day === undefined) throw new InvalidArgumentError('A day, e.g. 2024-07-04.')
  return day
}

/** Day and time of a moment on the wall clock of a zone. */
function wallClock(timeZone: string): (ms: number) => { readonly day: string; readonly weekday: string; readonly time: string } {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', dateStyle: 'full', timeStyle: 'short' })
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone })
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]))
    return { day: day.format(ms), weekday: (parts.get('weekday') ?? '').slice(0, 3), time: `${parts.get('hour')}:${parts.get('minute')}` }
  }
}

/** Every calendar as a table. Throws what documents are refused with. */
export function listLines(options: CalendarFolder): string[] {
  const calendars = calendarsOf(options)
  const rows = calendars.sessionNames.map((name) => {
    const { timeZone, from, until, opens, digest } = calendars.sessions(name) as Sessions
    const [first, last] = [from, until - 1].map((ms) => wallClock(timeZone)(ms).day)
    return [name, timeZone, `${first} to ${last}`, String(opens.length), digest.slice(0, 12)]
  })
  const plain = [
    ['continuous', '', 'always', '', ''],
    ['as_received', '', 'nobody knows', '', ''],
  ]
  return tableLines(['calendar', 'time zone', 'covers', 'sessions', 'digest'], [...plain, ...rows])
}

/** Hours and minutes of a span. */
const lengthOf = (ms: number): string => `${Math.floor(ms / 3_600_000)}:${String((ms / 60_000) % 60).padStart(2, '0')}`
const utc = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** Throws `validation_failed` for days that a calendar says nothing of. */
function checkDays({ name, timeZone, from, until }: Sessions, begin: number, end: number): void {
  if (begin >= end) throw new ServingError('validation_failed', `No day lies from ${formatDay(begin)} to before ${formatDay(end)}: --from must be before --to`)
  const [first, last] = [from, until - 1].map((ms) => wallClock(timeZone)(ms).day) as [string, string]
  if (formatDay(end - 1) < first || formatDay(begin) > last)
    throw new ServingError('validation_failed', `${name} covers ${first} to ${last}, nothing from ${formatDay(begin)} to ${formatDay(end - 1)}`)
}

/** The sessions of a calendar that open from a day to another as a table. Throws `validation_failed`. */
export function sessionLines(name: string, { from, to, ...folder }: ShowOptions): string[] {
  const sessions = calendarsOf(folder).sessions(name)
  if (sessions === undefined) throw new ServingError('validation_failed', `${name} has no sessions`)
  const { timeZone, opens, closes } = sessions
  const begin = from ?? Math.floor(systemClock.now() / dayMs)
  const end = to ?? begin + shownDays
  checkDays(sessions, begin, end)
  const read = wallClock(timeZone)
  // Asking Intl is slow: only what lies near by UTC is asked for.
  const rows = Array.from(opens, (open, i) => [open, closes[i] as number] as const)
    .filter(([open]) => open >= (begin - 1) * dayMs && open < (end + 1) * dayMs)
    .map(([open, close]) => ({ open: read(open), close: read(close), at: [open, close] as const }))
    .filter(({ open }) => open.day >= formatDay(begin) && open.day < formatDay(end))
    .map(({ open, close, at: [since, until] }) => [open.day, open.weekday, `${open.time} to ${close.time}`, lengthOf(until - since), utc(since), utc(until)])
  if (rows.length === 0) return [`No session of ${name} opens from ${formatDay(begin)} to ${formatDay(end - 1)}.`]
  return tableLines(['day', '', timeZone, 'length', 'opens (UTC)', 'closes (UTC)'], rows)
}

const examples = `
Examples:
  presage calendars list                                   those that are built in and yours, all documents checked
  presage calendars show XNYS                              the sessions of the next two weeks
  presage calendars show XNYS --from 2024-07-01 --to 2024-07-09
`

/** `presage calendars list|show`: when bars have to be there. */
export function registerCalendars(program: Command): void {
  const calendars = program.command('calendars').description('calendars: which bars there have to be').addHelpText('after', examples)
  withCalendarFolder(calendars.command('list').description('every calendar, with what it covers')).action((options: CalendarFolder) =>
    console.log(listLines(options).join('\n')),
  )
  withCalendarFolder(calendars.command('show').description('the sessions of a calendar'))
    .argument('<name>', 'a calendar with sessions, e.g. XNYS')
    .option('--from <day>', 'first day (default: today)', parseDayOption)
    .option('--to <day>', 'ends before this day (default: two weeks later)', parseDayOption)
    .action((name: string, options: ShowOptions) => console.log(sessionLines(name, options).join('\n')))
}
