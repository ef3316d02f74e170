/** Milliseconds of a day. */
export const dayMs = 86_400_000

/** A day of the Gregorian calendar as its number since 1970-01-01; `month` from 1. */
export const dayOf = (year: number, month: number, date: number): number => Date.UTC(year, month - 1, date) / dayMs

/** Day of the week of a day, from 0 for Sunday. */
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7

/** A day as people write it, `2024-07-04`. */
export const formatDay = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10)
/** The day that a text names, as `2024-07-04`; undefined if there is no such day. */
export function parseDay(text: string): number | undefined {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  return Number.isNaN(ms) || formatDay(ms / dayMs) !== text ? undefined : ms / dayMs
}
