const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/
type Fields = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number]

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()
const isDate = (year: number, month: number, day: number): boolean => year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
const isTime = (hour: number, minute: number, second: number): boolean => hour <= 23 && minute <= 59 && second <= 59

/** Ms since the epoch of an RFC 3339 instant with a zone; undefined if the text is none (wrong form, 30 February, hour 24, leap second, before 1970). Digits below the ms are cut. */
export function parseInstant(text: string): number | undefined {
  const match = text.length <= 40 ? rfc3339.exec(text) : null
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as unknown as Fields
  const offset = zoneOffsetMs(match[8] as string)
  if (!isDate(year, month, day) || !isTime(hour, minute, second) || offset === undefined) return undefined
  const ms = Number((match[7] ?? '').slice(1, 4).padEnd(3, '0'))
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - offset
}

function zoneOffsetMs(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** UTC text with `Z`, without the fraction when it is zero: `2024-01-15T10:30:00Z`. */
export function formatInstant(ms: number): string {
  const text = new Date(ms).toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text
}
