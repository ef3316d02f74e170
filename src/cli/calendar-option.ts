import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Calendars } from '../calendars/calendars.ts'
import { loadCalendars } from '../calendars/load-calendars.ts'
import { readConfig } from '../config/load-config.ts'
import type { Calendar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import type { Timeframe } from '../contracts/timeframe.ts'

/** Where calendars of an operator lie, as the command line says it. */
export type CalendarFolder = { readonly calendarDir?: string }
/** Which calendar a command reads bars by, where their files say none. */
export type CalendarOptions = CalendarFolder & { readonly calendar?: Calendar }

/** What a calendar can be, for the help of an option. */
export const calendarHelp = 'continuous: a missing bar is a gap; as_received: bars follow each other; XNYS or one of yours: sessions (presage calendars list)'

/** Adds `--calendar-dir DIR` to a command. */
export const withCalendarFolder = (command: Command): Command =>
  command.option('--calendar-dir <dir>', 'folder with calendars of your own (default: the setting market.calendars)')

/** Adds `--calendar NAME` and `--calendar-dir DIR` to a command. */
export const withCalendar = (command: Command): Command =>
  withCalendarFolder(command.option('--calendar <name>', `${calendarHelp} (default: what sealed files say of themselves, else continuous)`))

/** The calendars of that folder, or of the one that the settings name, beside those that are built in. Throws `validation_failed`, also where the folder that is asked for is not there. */
export function calendarsOf({ calendarDir }: CalendarFolder): Calendars {
  if (calendarDir !== undefined && !existsSync(calendarDir)) throw new ServingError('validation_failed', `--calendar-dir ${calendarDir} is not there`)
  return loadCalendars(calendarDir ?? readConfig({ env: process.env }).config.market.calendars)
}

/** Of which bars, what they say of their calendar, and which one was asked for. */
export type CalendarClaims = {
  readonly name: string
  readonly said: Calendar | undefined
  readonly wished: Calendar | undefined
  readonly timeframe: Timeframe
}

/** The calendar that bars say, or else the one that was asked for, or else `continuous`. Throws `validation_failed` if both are there and differ, or if it is not known. */
export function calendarOf(calendars: Calendars, { name, said, wished, timeframe }: CalendarClaims): Calendar {
  if (said !== undefined && wished !== undefined && said !== wished)
    throw new ServingError(
      'validation_failed',
      `${name}: its bars follow the calendar ${said}, as it says of itself, not ${wished}: leave --calendar out; to compute by another one, bring the bars as CSV`,
    )
  const calendar = said ?? wished ?? 'continuous'
  try {
    calendars.periods(calendar, timeframe)
    return calendar
  } catch (error) {
    if (said === undefined || !(error instanceof ServingError)) throw error
    throw new ServingError(
      error.code,
      `${name}: its bars follow the calendar ${said}, as it says of itself. ${error.message} (--calendar-dir names the folder with your own)`,
    )
  }
}
