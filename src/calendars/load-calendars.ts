import { readFolder } from '../documents/document-folder.ts'
import { readCalendarDocument } from './calendar-document.ts'
import { Calendars } from './calendars.ts'

/** The calendars that are built in and those of a folder of documents, if it is there. Throws one `validation_failed` with every problem of every document. */
export const loadCalendars = (folder: string): Calendars =>
  new Calendars(readFolder(folder, { kind: 'Calendars', one: 'calendar', read: readCalendarDocument }))
