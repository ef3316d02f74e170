const isoWithoutZone = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/
const isoWithZone = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|UTC|[+-]\d\d:?\d\d)$/i
const numeric = /^\d+(\.\d+)?$/

/** Ms since the epoch of a number whose unit its size tells: seconds, ms, µs or ns (dates from 1973 to 5138). */
function fromNumber(value: number): number {
  if (value < 1e11) return value * 1_000
  if (value < 1e14) return value
  return value < 1e17 ? value / 1_000 : value / 1_000_000
}

/** True for a day that the calendar has: `Date.parse` takes 30 February for 1 March. */
const isDay = (day: string): boolean => Number.isFinite(Date.parse(day)) && new Date(day).toISOString().startsWith(day)

/** Ms since the epoch of a text in ISO 8601, in UTC if it says no zone. */
function fromIso(text: string): number | undefined {
  const zoned = isoWithoutZone.test(text) ? `${text.length === 10 ? `${text}T00:00` : text}Z` : text
  if (!isoWithZone.test(zoned) || !isDay(zoned.slice(0, 10)) || zoned.slice(11, 13) === '24') return undefined
  const ms = Date.parse(zoned.replace(' ', 'T').replace(/\s?UTC$/i, 'Z'))
  return Number.isNaN(ms) ? undefined : ms
}

/** Ms since the epoch of a moment as vendors write it: a number in s, ms, µs or ns, or ISO 8601 (a text without a zone is UTC). Undefined if it is neither, or names a day or an hour that there is not (30 February, 24:00). */
export function parseBarTime(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? Math.round(fromNumber(value)) : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return numeric.test(text) ? Math.round(fromNumber(Number(text))) : fromIso(text)
}
