import Type, { type Static } from 'typebox'
import type { DocumentFile, Reading } from '../documents/document-folder.ts'
import { PlacedDocument } from '../documents/placed-document.ts'
import { builtInRules } from './built-in.ts'
import { formatDay, parseDay, weekdayOf } from './day.ts'
import { earlyMinute, readHours } from './hours-text.ts'
import { type Hours, makeSessions, type SessionRules, type Sessions } from './sessions.ts'

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const usualWeekend = ['saturday', 'sunday'] as const

/** A calendar as an operator writes it: days as 2024-07-04, times of its zone as 09:30. */
const CalendarSchema = Type.Object(
  {
    name: Type.Optional(Type.String()),
    extends: Type.Optional(Type.Enum(Object.keys(builtInRules))),
    time_zone: Type.Optional(Type.String()),
    first: Type.Optional(Type.String()),
    last: Type.Optional(Type.String()),
    hours: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 8 })),
    weekend: Type.Optional(Type.Array(Type.Enum([...weekdays]))),
    holidays: Type.Optional(Type.Array(Type.String(), { maxItems: 50_000 })),
    early_closes: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
)
type Content = Static<typeof CalendarSchema>

const notText = 'must be a text: a day is written 2024-07-04, a time "09:30", hours "09:30-16:00"'
const [earliest, latest] = ['1973-03-04', '2199-12-31'] as const
function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: name }))
  } catch {
    return false
  }
}

/** Takes a document apart; every part notes what is wrong with it. */
class CalendarReader {
  readonly #document: PlacedDocument
  readonly #content: Content
  readonly #base: SessionRules | undefined
  constructor(document: PlacedDocument, content: Content) {
    this.#document = document
    this.#content = content
    this.#base = content.extends === undefined ? undefined : builtInRules[content.extends]?.()
  }

  /** The rules that the document stands for, if nothing is wrong. */
  rules(fileName: string): SessionRules | undefined {
    const name = this.#name(fileName)
    const timeZone = this.#timeZone()
    const [first, last] = [this.#bound('first', earliest), this.#bound('last', latest)]
    const hours = this.#hours()
    if (first !== undefined && last !== undefined && last < first) this.#document.refuse(['last'], 'lies before first')
    const isOpen = this.#openDays({ first, last })
    const short = this.#earlyCloses(hours, isOpen)
    if (timeZone === undefined || first === undefined || last === undefined || hours === undefined) return undefined
    return { name, timeZone, first, last, hours, isOpen, earlyClose: (day) => short.get(day) ?? this.#base?.earlyClose(day) }
  }

  #name(fileName: string): string {
    const name = this.#content.name ?? fileName
    const place = this.#content.name === undefined ? [] : ['name']
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) this.#document.refuse(place, `${JSON.stringify(name)}: a name has up to 32 of A-Z, a-z, 0-9, _ and -`)
    if (name === 'continuous' || name === 'as_received') this.#document.refuse(place, `${name} has a meaning already: choose another name`)
    return name
  }

  #timeZone(): string | undefined {
    const { time_zone: zone = this.#base?.timeZone } = this.#content
    if (zone === undefined) this.#document.refuse([], 'time_zone must be written, e.g. Europe/London')
    if (zone === undefined || isTimeZone(zone)) return zone
    this.#document.refuse(['time_zone'], `${zone} is no time zone: write the IANA name of a place, e.g. Europe/London, or UTC`)
    return undefined
  }

  /** The first or last day that is covered. */
  #bound(which: 'first' | 'last', limit: string): number | undefined {
    const [text, base] = [this.#content[which], this.#base]
    const day = text === undefined ? base?.[which] : this.#day([which], text)
    if (base && day !== undefined && (day < base.first || day > base.last))
      this.#document.refuse([which], `${base.name} knows no days but ${formatDay(base.first)} to ${formatDay(base.last)}`)
    if (base === undefined && text === undefined)
      this.#document.refuse([], `${which} must be written: the ${which} day that this calendar knows, ${limit} at the most`)
    return day
  }

  #day(path: readonly (string | number)[], text: string): number | undefined {
    const day = text >= earliest && text <= latest ? parseDay(text) : undefined
    if (day === undefined) this.#document.refuse(path, `${text} is no day from ${earliest} to ${latest}; write it as 2024-07-04`)
    return day
  }

  #hours(): readonly Hours[] | undefined {
    const { hours: texts } = this.#content
    if (texts === undefined && this.#base === undefined) this.#document.refuse([], 'hours must be written, e.g. ["09:30-16:00"]')
    if (texts === undefined) return this.#base?.hours
    const { hours, fault } = readHours(texts)
    if (fault !== undefined) this.#document.refuse(['hours', fault.at], fault.message)
    return fault === undefined ? hours : undefined
  }

  #openDays({ first = -Infinity, last = Infinity }: { readonly first: number | undefined; readonly last: number | undefined }): (day: number) => boolean {
    const { weekend, holidays = [] } = this.#content
    const free = new Set((weekend ?? (this.#base ? [] : usualWeekend)).map((name) => weekdays.indexOf(name)))
    const closed = new Set<number>()
    for (const [i, text] of holidays.entries()) {
      const day = this.#day(['holidays', i], text)
      if (day === undefined) continue
      if (day < first || day > last) this.#document.refuse(['holidays', i], `${text} lies outside the days that are covered, first to last`)
      closed.add(day)
    }
    return (day) => !free.has(weekdayOf(day)) && !closed.has(day) && (this.#base?.isOpen(day) ?? true)
  }

  #earlyCloses(hours: readonly Hours[] | undefined, isOpen: (day: number) => boolean): ReadonlyMap<number, number> {
    const closes = new Map<number, number>()
    for (const [text, time] of Object.entries(this.#content.early_closes ?? {})) {
      const path = ['early_closes', text]
      const [day, close] = [this.#day(path, text), hours && earlyMinute(time, hours)]
      if (hours && close === undefined)
        this.#document.refuse(path, `${time} is no time before the usual end of the day; a day without any session belongs under holidays`)
      if (day === undefined || close === undefined) continue
      if (isOpen(day)) closes.set(day, close)
      else this.#document.refuse(path, `${text} is no day of trading`)
    }
    return closes
  }
}

/** Reads an operator's calendar, named after its file unless it says its name. Every problem is named with its line and column. */
export function readCalendarDocument({ source, file, name }: DocumentFile): Reading<Sessions> {
  const document = new PlacedDocument(source, file)
  const content = document.read(CalendarSchema, notText)
  const rules = content && new CalendarReader(document, content).rules(name)
  const { problems } = document
  return { content: rules && problems.length === 0 ? makeSessions(rules) : undefined, problems }
}
