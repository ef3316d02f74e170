import { dayOf, weekdayOf } from './day.ts'
import type { SessionRules } from './sessions.ts'

const [sunday, monday, thursday, saturday] = [0, 1, 4, 6] as const
const [firstYear, lastYear] = [1993, 2050] as const
const [nineThirty, one, four] = [9 * 60 + 30, 13 * 60, 16 * 60] as const

/** The nth weekday of a month; the last one for n = -1. */
function nth(n: number, weekday: number, [year, month]: readonly [number, number]): number {
  if (n < 0) return nth(1, weekday, [year, month + 1]) - 7
  const first = dayOf(year, month, 1)
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1)
}

/** A holiday that falls on a Sunday is kept on Monday. */
const afterSunday = (day: number): number => (weekdayOf(day) === sunday ? day + 1 : day)
/** One that falls on a Saturday is kept on Friday, too. */
const nearest = (day: number): number => (weekdayOf(day) === saturday ? day - 1 : afterSunday(day))

/** Easter Sunday by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, 1991, chapter 8). */
function easter(year: number): number {
  const [a, b, c] = [year % 19, Math.floor(year / 100), year % 100]
  const f = Math.floor((b + 8) / 25)
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - f + 1) / 3) + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const n = h + l - 7 * Math.floor((a + 11 * h + 22 * l) / 451) + 114
  return dayOf(year, Math.floor(n / 31), (n % 31) + 1)
}

const thanksgiving = (year: number): number => nth(4, thursday, [year, 11])

/** Days on which it is closed every year, with the year since when. */
const holidays: readonly { readonly since?: number; readonly on: (year: number) => number }[] = [
  { on: (year) => afterSunday(dayOf(year, 1, 1)) },
  { since: 1998, on: (year) => nth(3, monday, [year, 1]) },
  { on: (year) => nth(3, monday, [year, 2]) },
  { on: (year) => easter(year) - 2 },
  { on: (year) => nth(-1, monday, [year, 5]) },
  { since: 2022, on: (year) => nearest(dayOf(year, 6, 19)) },
  { on: (year) => nearest(dayOf(year, 7, 4)) },
  { on: (year) => nth(1, monday, [year, 9]) },
  { on: thanksgiving },
  { on: (year) => nearest(dayOf(year, 12, 25)) },
]

/** Days of mourning, the attacks of 2001, hurricane Sandy. */
const closedOnce = [
  [1994, 4, 27],
  [2001, 9, 11],
  [2001, 9, 12],
  [2001, 9, 13],
  [2001, 9, 14],
  [2004, 6, 11],
  [2007, 1, 2],
  [2012, 10, 29],
  [2012, 10, 30],
  [2018, 12, 5],
  [2025, 1, 9],
] as const

/** Days that ended at 13:00 although no rule says so. */
const shortOnce = [
  [1997, 12, 26],
  [1999, 12, 31],
  [2003, 12, 26],
] as const

/** The short day beside Independence Day: July 3, but where July 4 was a Thursday it was the Friday after it until 2012. */
function besideIndependence(year: number): number {
  const fourth = dayOf(year, 7, 4)
  return weekdayOf(fourth) === thursday && year < 2013 ? fourth + 1 : fourth - 1
}

const years = Array.from({ length: lastYear - firstYear + 1 }, (_, i) => firstYear + i)
const daysOf = (once: readonly (readonly [number, number, number])[]): number[] => once.map(([year, month, date]) => dayOf(year, month, date))

/** Sessions of the New York Stock Exchange and Nasdaq, without hours before and after: rules as they are known today, and what history has seen beside them. */
export function xnysRules(): SessionRules {
  const closed = new Set([...years.flatMap((year) => holidays.filter(({ since = 0 }) => year >= since).map(({ on }) => on(year))), ...daysOf(closedOnce)])
  const short = new Set([
    ...years.flatMap((year) => [...(year >= 1995 ? [besideIndependence(year)] : []), thanksgiving(year) + 1, dayOf(year, 12, 24)]),
    ...daysOf(shortOnce),
  ])
  return {
    name: 'XNYS',
    timeZone: 'America/New_York',
    first: dayOf(firstYear, 1, 1),
    last: dayOf(lastYear, 12, 31),
    hours: [{ open: nineThirty, close: four }],
    isOpen: (day) => weekdayOf(day) !== saturday && weekdayOf(day) !== sunday && !closed.has(day),
    earlyClose: (day) => (short.has(day) ? one : undefined),
  }
}
