import { builtInCalendars, type Calendars } from '../calendars/calendars.ts'
import type { Periods } from '../calendars/periods.ts'
import type { Bar, Calendar, SeriesClock, SeriesKey } from '../contracts/bar.ts'
import { sameFlow } from '../contracts/flow.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'

/** What a bar did to its series. `too_late` changed nothing: it is older than the oldest bar that is kept. */
export type Change = 'appended' | 'inserted' | 'revised' | 'unchanged' | 'too_late'

/** How a series is set up; fixed at its first bar. */
export type SeriesSettings = {
  readonly calendar: Calendar
  readonly clock: SeriesClock
  readonly derivedFrom?: Timeframe
}

/** Bars are dropped in whole blocks of this many periods, counted from the epoch: what is computed from a series may keep its state at the beginning of every block and lacks nothing. */
export const barsPerBlock = 512

const oldVersionsPerBar = 16
const rewritesRemembered = 1000

const content = ['open', 'high', 'low', 'close', 'volume', 'partnerClose'] as const
/** True if two bars of one moment say the same, whenever they were received. */
export const sameBar = (a: Bar, b: Bar): boolean => content.every((field) => a[field] === b[field]) && sameFlow(a.flow, b.flow)

/** The bars of one symbol at one timeframe in order of open time, with the older versions of bars that were revised. Only its `periods` need its calendar to be among those that are known. */
export class Series {
  readonly key: SeriesKey
  readonly settings: SeriesSettings
  readonly barMs: number
  readonly calendars: Calendars
  readonly #bars: Bar[] = []
  readonly #revisions = new Map<number, Bar[]>()
  #rewrites: { readonly number: number; readonly openTime: number }[] = []
  #rewriteCount = 0
  #origin: number | undefined
  #trimmed = 0
  #periods: Periods | undefined
  constructor(key: SeriesKey, settings: SeriesSettings, calendars: Calendars = builtInCalendars) {
    this.key = key
    this.settings = settings
    this.calendars = calendars
    this.barMs = timeframes[key.timeframe]
  }

  /** When it has bars. Throws `validation_failed` for a calendar that is not known. */
  get periods(): Periods {
    return (this.#periods ??= this.calendars.periods(this.settings.calendar, this.key.timeframe))
  }
  get length(): number {
    return this.#bars.length
  }
  /** Open time of the first bar ever taken, which may be kept no longer. */
  get origin(): number | undefined {
    return this.#origin
  }
  /** Bars dropped because the series was longer than it may be. */
  get trimmed(): number {
    return this.#trimmed
  }
  get last(): Bar | undefined {
    return this.#bars.at(-1)
  }
  get first(): Bar | undefined {
    return this.#bars[0]
  }
  /** How many bars were revised or came after a later one, ever. */
  get rewriteCount(): number {
    return this.#rewriteCount
  }
  get revisionCount(): number {
    let count = 0
    for (const versions of this.#revisions.values()) count += versions.length
    return count
  }

  bar(position: number): Bar | undefined {
    return this.#bars[position]
  }

  /** Position of the first bar that opens at or after a moment; `length` when there is none. */
  positionFrom(openTime: number): number {
    let low = 0
    let high = this.#bars.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#bars[middle] as Bar).openTime < openTime) low = middle + 1
      else high = middle
    }
    return low
  }

  slice(from: number, to: number): Bar[] {
    return this.#bars.slice(from, to)
  }

  /** Replaced versions of the bar that opens at a moment, oldest first. */
  revisions(openTime: number): readonly Bar[] {
    return this.#revisions.get(openTime) ?? []
  }

  /** Earliest open time that was rewritten after the given count of rewrites; Infinity when none was, -Infinity when that is no longer known. */
  rewrittenSince(count: number): number {
    if (count === this.#rewriteCount) return Infinity
    if (count < this.#rewriteCount - this.#rewrites.length) return -Infinity
    return this.#rewrites.reduce((earliest, { number, openTime }) => (number > count ? Math.min(earliest, openTime) : earliest), Infinity)
  }

  /** Puts a checked bar where it belongs and says what that changed. */
  apply(bar: Bar): Change {
    const last = this.last
    if (last === undefined || bar.openTime > last.openTime) {
      this.#origin ??= bar.openTime
      this.#bars.push(bar)
      return 'appended'
    }
    const position = this.positionFrom(bar.openTime)
    const there = this.#bars[position]
    if (there?.openTime === bar.openTime) return this.#revise(position, bar)
    if (position === 0 && this.#trimmed > 0) return 'too_late'
    this.#bars.splice(position, 0, bar)
    if (position === 0) this.#origin = bar.openTime
    this.#remember(bar.openTime)
    return 'inserted'
  }

  /** Drops the oldest whole blocks beyond `keep` bars; waits until a quarter more has gathered, so that the cost is spread. */
  trim(keep: number): void {
    if (this.#bars.length <= keep * 1.25) return
    const blockMs = barsPerBlock * this.barMs
    const oldestKept = this.#bars[this.#bars.length - keep] as Bar
    const dropped = this.positionFrom(Math.floor(oldestKept.openTime / blockMs) * blockMs)
    for (const bar of this.#bars.splice(0, dropped)) {
      this.#revisions.delete(bar.openTime)
      this.#trimmed += 1
    }
  }

  /** Takes over what an earlier life of the series knew and its bars no longer show. */
  restore(past: { readonly origin: number; readonly trimmed: number; readonly rewriteCount: number }): void {
    this.#origin = past.origin
    this.#trimmed = past.trimmed
    this.#rewriteCount = past.rewriteCount
  }

  /** Takes over older versions of bars, each bar's in their order. */
  restoreRevisions(bars: readonly Bar[]): void {
    for (const bar of bars) this.#revisions.set(bar.openTime, [...this.revisions(bar.openTime), bar])
  }

  #revise(position: number, bar: Bar): Change {
    const before = this.#bars[position] as Bar
    if (sameBar(before, bar)) return 'unchanged'
    const versions = this.#revisions.get(bar.openTime) ?? []
    this.#revisions.set(bar.openTime, [...versions, before].slice(-oldVersionsPerBar))
    this.#bars[position] = bar
    this.#remember(bar.openTime)
    return 'revised'
  }

  #remember(openTime: number): void {
    this.#rewriteCount += 1
    this.#rewrites.push({ number: this.#rewriteCount, openTime })
    if (this.#rewrites.length > 2 * rewritesRemembered) this.#rewrites = this.#rewrites.slice(-rewritesRemembered)
  }
}
