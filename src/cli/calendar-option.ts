import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Calendars } from '../calendars/calendars.ts'
import { loadCalendars } from '../calendars/load-calendars.ts'
import { readConfig } from '../config/load-config.ts'
import type { Calendar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'

/** Where calendars of an operator lie, as the command line says it. */
export type CalendarFolder = { readonly calendarDir?: string }
/** Which calendar a command reads bars by. */
export type CalendarOptions = CalendarFolder & { readonly calendar: Calendar }

/** What a calendar can be, for the help of an option. */
export const calendarHelp = 'continuous: a missing bar is a gap; as_received: bars follow each other; XNYS or one of yours: sessions (presage calendars list)'

/** Adds `--calendar-dir DIR` to a command. */
export const withCalendarFolder = (command: Command): Command =>
  command.option('--calendar-dir <dir>', 'folder with calendars of your own (default: the setting market.calendars)')

/** Adds `--calendar NAME` and `--calendar-dir DIR` to a command. */
export const withCalendar = (command: Command): Command => withCalendarFolder(command.option('--calendar <name>', calendarHelp, 'continuous'))

/** The calendars of that folder, or of the one that the settings name, beside those that are built in. Throws `validation_failed`, also where the folder that is asked for is not there. */
export function calendarsOf({ calendarDir }: CalendarFolder): Calendars {
  if (calendarDir !== undefined && !existsSync(calendarDir)) throw new ServingError('validation_failed', `--calendar-dir ${calendarDir} is not there`)
  return loadCalendars(calendarDir ?? readConfig({ env: process.env }).config.market.calendars)
}
