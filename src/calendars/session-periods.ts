import { formatInstant } from '../contracts/instant.ts'
import { lastAtMost } from './last-at-most.ts'
import type { Periods } from './periods.ts'
import type { Sessions } from './sessions.ts'

/** Spans of periods without a pause between them, by number on the grid: [first, end), and how many periods there are before each. */
type Spans = { readonly first: Float64Array; readonly end: Float64Array; readonly before: Float64Array }

/** The periods that have a part of a session: sessions that share one, or whose periods adjoin, are one span. */
function spansOf({ opens, closes }: Sessions, barMs: number): Spans {
  const [first, end, before]: [number[], number[], number[]] = [[], [], []]
  let total = 0
  for (let i = 0; i < opens.length; i++) {
    const [from, to] = [Math.floor((opens[i] as number) / barMs), Math.ceil((closes[i] as number) / barMs)]
    const last = end.at(-1)
    if (last !== undefined && from <= last) {
      total += Math.max(0, to - last)
      end[end.length - 1] = Math.max(last, to)
      continue
    }
    first.push(from)
    end.push(to)
    before.push(total)
    total += to - from
  }
  return { first: Float64Array.from(first), end: Float64Array.from(end), before: Float64Array.from(before) }
}

/** The periods of sessions. What lies before the first day or after the last one that is covered has none, and every moment after the last counts as open: what is read then is too old. */
export class SessionPeriods implements Periods {
  readonly known = true
  readonly digest: string
  readonly #sessions: Sessions
  readonly #barMs: number
  readonly #spans: Spans
  /** The span that was found last: bars come in order. */
  #near = -1
  constructor(sessions: Sessions, barMs: number) {
    this.digest = sessions.digest
    this.#sessions = sessions
    this.#barMs = barMs
    this.#spans = spansOf(sessions, barMs)
  }

  count(from: number, to: number): number {
    return this.#ordinal(to) - this.#ordinal(from)
  }

  nextOpen(moment: number): number {
    const { first, end } = this.#spans
    const index = Math.ceil(moment / this.#barMs)
    const span = this.#spanOf(index)
    if (span >= 0 && index < (end[span] as number)) return index * this.#barMs
    return span + 1 < first.length ? (first[span + 1] as number) * this.#barMs : Math.max(moment, this.#sessions.until)
  }

  back(moment: number, count: number): number {
    const { first, before } = this.#spans
    const ordinal = Math.max(0, this.#ordinal(moment) - count)
    const span = Math.max(0, lastAtMost(before, ordinal))
    return ((first[span] ?? 0) + ordinal - (before[span] ?? 0)) * this.#barMs
  }

  refusal(openTime: number): string | undefined {
    if (this.count(openTime, openTime + 1) === 1) return undefined
    const { name, from, until, opens } = this.#sessions
    if (openTime < from || openTime >= until)
      return `the calendar ${name} covers ${formatInstant(from)} to ${formatInstant(until)}: send bars of another time to a series with a calendar that covers them`
    const next = opens[lastAtMost(opens, openTime) + 1]
    const then = next === undefined ? 'it is the last that it covers' : `the next session begins at ${formatInstant(next)}`
    return `${name} has no session then, ${then}; for other hours choose a calendar of your own, or as_received`
  }

  /** How many periods open before a moment. */
  #ordinal(moment: number): number {
    const { first, end, before } = this.#spans
    const index = Math.ceil(moment / this.#barMs)
    const span = this.#spanOf(index)
    return span < 0 ? 0 : (before[span] as number) + Math.min(index, end[span] as number) - (first[span] as number)
  }

  /** The last span that does not begin after a period. */
  #spanOf(index: number): number {
    const { first } = this.#spans
    const near = this.#near
    if (near >= 0 && (first[near] as number) <= index && (near + 1 === first.length || index < (first[near + 1] as number))) return near
    this.#near = lastAtMost(first, index)
    return this.#near
  }
}
