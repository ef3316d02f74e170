import { hash } from 'node:crypto'
import { dayMs } from './day.ts'
import { ZoneClock } from './zone-clock.ts'

/** Hours of trading in minutes of the local day; `close` may lie on the day after (beyond 1,440). */
export type Hours = { readonly open: number; readonly close: number }

/** When an exchange trades, in its own time: the days from `first` to `last` (numbers since 1970), the hours of each, and those of days that end early. */
export type SessionRules = {
  readonly name: string
  readonly timeZone: string
  readonly first: number
  readonly last: number
  readonly hours: readonly Hours[]
  readonly isOpen: (day: number) => boolean
  /** Minute at which a day ends early; undefined for a whole day. */
  readonly earlyClose: (day: number) => number | undefined
}

/** Every session from `from` to `until` (ms), in order: [open, close) at the same position of both tables. */
export type Sessions = {
  readonly name: string
  readonly timeZone: string
  readonly from: number
  readonly until: number
  readonly opens: Float64Array
  readonly closes: Float64Array
  /** True if the sessions of a local day lie in two days of UTC. */
  readonly splitsDays: boolean
  /** SHA-256 of all this. */
  readonly digest: string
}

const minuteMs = 60_000

/** The sessions of a day, cut where it ends early. */
function hoursOf({ hours, isOpen, earlyClose }: SessionRules, day: number): Hours[] {
  if (!isOpen(day)) return []
  const end = earlyClose(day) ?? Infinity
  return hours.filter(({ open }) => open < end).map(({ open, close }) => ({ open, close: Math.min(close, end) }))
}

/** The table of sessions that rules stand for. Throws a RangeError for a time zone that there is not. */
export function makeSessions(rules: SessionRules): Sessions {
  const { name, timeZone, first, last } = rules
  const clock = new ZoneClock(timeZone, { from: (first - 2) * dayMs, until: (last + 3) * dayMs })
  const [opens, closes]: [number[], number[]] = [[], []]
  let splitsDays = false
  for (let day = first; day <= last; day++) {
    const utc = (minute: number): number => clock.utcOf(day * dayMs + minute * minuteMs)
    const begin = opens.length
    for (const { open, close } of hoursOf(rules, day)) {
      // Hours that the clock skips are none.
      if (utc(open) === utc(close)) continue
      opens.push(utc(open))
      closes.push(utc(close))
    }
    const [open, close] = [opens[begin], closes.at(-1)]
    if (open !== undefined && close !== undefined) splitsDays ||= Math.floor(open / dayMs) !== Math.floor((close - 1) / dayMs)
  }
  const [from, until] = [clock.utcOf(first * dayMs), Math.max(clock.utcOf((last + 1) * dayMs), closes.at(-1) ?? 0)]
  const digest = hash('sha256', JSON.stringify([name, from, until, opens, closes]))
  return { name, timeZone, from, until, opens: Float64Array.from(opens), closes: Float64Array.from(closes), splitsDays, digest }
}
