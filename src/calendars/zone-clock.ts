import { lastAtMost } from './last-at-most.ts'

const minuteMs = 60_000
/** No zone changes its offset twice within so long, as those that suspend summer time for Ramadan do after four weeks. */
const stepMs = 10 * 86_400_000

/** Ms by which the wall clock of a zone is ahead of UTC at a moment. */
function offsetReader(timeZone: string): (utc: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  return (utc) => {
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)$/.exec(format.format(utc)) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * minuteMs
  }
}

/** The wall clock of a time zone over a span of moments (ms): its changes are looked up once, as asking Intl is slow. Throws a RangeError for a zone that there is not. */
export class ZoneClock {
  readonly #since: number[] = []
  readonly #offsets: number[] = []
  /** Times on the wall at which they begin: when the offset before ends. */
  readonly #begins: number[] = []
  constructor(timeZone: string, { from, until }: { readonly from: number; readonly until: number }) {
    const offsetAt = offsetReader(timeZone)
    this.#add(from, offsetAt(from))
    for (let at = from; at < until; at += stepMs) {
      const offset = offsetAt(at + stepMs)
      if (offset !== this.#offsets.at(-1)) this.#add(firstWith(offset, { offsetAt, after: at, until: at + stepMs }), offset)
    }
  }

  /** The first moment at which the wall clock shows a time, given as if it were UTC, or a later one: of times that are skipped that of the change. Later times never have earlier moments. */
  utcOf(local: number): number {
    const at = lastAtMost(this.#begins, local)
    return Math.max(local - (this.#offsets[at] as number), this.#since[at] as number)
  }

  #add(since: number, offset: number): void {
    this.#begins.push(since + (this.#offsets.at(-1) ?? -Infinity))
    this.#since.push(since)
    this.#offsets.push(offset)
  }
}

/** The first minute of a span at which the clock has an offset that it has at the end. */
function firstWith(
  offset: number,
  { offsetAt, after, until }: { readonly offsetAt: (utc: number) => number; readonly after: number; readonly until: number },
): number {
  let [low, high] = [after, until]
  while (high - low > minuteMs) {
    const middle = Math.floor((low + high) / 2 / minuteMs) * minuteMs
    if (offsetAt(middle) === offset) high = middle
    else low = middle
  }
  return high
}
