import type { Hours } from './sessions.ts'

/** Minutes of a day. */
export const minutesOfDay = 1_440

/** Minutes since midnight of a time as 09:30, or 24:00; undefined for a text that is none. */
export function minuteOf(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? []
  const minute = Number(hours) * 60 + Number(minutes)
  return minute <= minutesOfDay ? minute : undefined
}

/** Hours as 09:30-16:00; those that end before they begin end on the day after. */
function spanOf(text: string): Hours | undefined {
  const [open, close, ...more] = text.split('-').map(minuteOf)
  if (open === undefined || close === undefined || open === minutesOfDay || more.length > 0) return undefined
  return { open, close: close <= open ? close + minutesOfDay : close }
}

/** The hours of a day in the order of their texts, each after the one before and all within 24 hours; else which text is wrong, and why. */
export function readHours(texts: readonly string[]): { readonly hours: readonly Hours[]; readonly fault?: { readonly at: number; readonly message: string } } {
  const hours: Hours[] = []
  for (const [at, text] of texts.entries()) {
    const span = spanOf(text)
    if (span === undefined) return { hours, fault: { at, message: `${text} are no hours: write them as "09:30-16:00"` } }
    const [first, last] = [hours[0] ?? span, hours.at(-1)]
    if ((last && span.open < last.close) || span.close > first.open + minutesOfDay)
      return { hours, fault: { at, message: `${text} begin before the hours before them have ended` } }
    hours.push(span)
  }
  return { hours }
}

/** The minute at which a day of these hours ends early; undefined if it is none before their end. */
export function earlyMinute(text: string, hours: readonly Hours[]): number | undefined {
  const minute = minuteOf(text)
  const [begin, end] = [hours[0]?.open ?? 0, hours.at(-1)?.close ?? 0]
  if (minute === undefined) return undefined
  const close = minute <= begin ? minute + minutesOfDay : minute
  return close < end ? close : undefined
}
