import { builtInCalendars, type Calendars } from '../calendars/calendars.ts'
import type { Bar, Calendar, IngestReport, SeriesClock, SeriesKey } from '../contracts/bar.ts'
import type { Flow } from '../contracts/flow.ts'
import { ServingError } from '../contracts/error.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { longerBars } from './aggregate.ts'
import { type BarFault, type BarInput, barFault, checkKey, toBar } from './check-bar.ts'
import { withFlow } from './flow/bar-flow.ts'
import { IngestMeter } from './ingest-meter.ts'
import { JumpGuard, type JumpLimits } from './jumps.ts'
import { Quarantine } from './quarantine.ts'
import { type Change, Series, type SeriesSettings } from './series.ts'
import { describeSeries, type SeriesDescription } from './series-description.ts'

/** What one call of ingest changed in one series: bars that are new at its end, and whether any earlier moment was rewritten. */
export type SeriesChange = {
  readonly series: Series
  readonly appended: readonly Bar[]
  readonly rewritten: boolean
}

/** Where accepted bars are kept across restarts; a series may be replaced as a whole. */
export type BarJournal = { append(series: Series, bars: readonly Bar[]): void; replace(series: Series): void }

/** What the store needs. `keepBars` (default 10,000, at least 1,100) is how many bars of a series stay in memory; older ones are dropped. Without a journal nothing outlives the process. */
export type SeriesStoreDeps = {
  readonly clock: Clock
  readonly meter: Meter
  readonly journal?: BarJournal
  readonly keepBars?: number
  /** The calendars that series can have; those that are built in unless others are given. */
  readonly calendars?: Calendars
  /** Which moves of one bar are not believed at once (half the price, unless other quotes decide). */
  readonly jumps?: JumpLimits
  /** Where the order flow of a bar's period is known. */
  readonly tapes?: { observed(key: SeriesKey, openTime: number): Flow | undefined }
}

/** How to take bars: settings for a series that does not exist yet (default continuous, live); for one that does they must agree or be absent. */
export type IngestOptions = { readonly calendar?: Calendar; readonly clock?: SeriesClock }

/** Which bars to read: open times in [from, to), at most `limit` of them, the newest if there are more. */
export type BarRange = { readonly from?: number; readonly to?: number; readonly limit?: number }

const tooLate: BarFault = { kind: 'too_late', reason: 'older than the oldest bar that is kept' }
const defaultKeepBars = 10_000
const leastKeepBars = 1_100

/** How many bars of a series are kept when a number, or none, was asked for. */
export const barsToKeep = (asked = defaultKeepBars): number => Math.max(leastKeepBars, asked)

/** All series of the process: checks, orders, keeps and aggregates bars, and tells listeners when bars have closed. */
export class SeriesStore {
  readonly #deps: SeriesStoreDeps
  readonly calendars: Calendars
  readonly #keepBars: number
  readonly #bySymbol = new Map<string, Map<Timeframe, Series>>()
  readonly #quarantine = new Quarantine()
  readonly #jumps: JumpGuard
  readonly #listeners = new Set<(change: SeriesChange) => void>()
  readonly #derivations: { readonly from: Timeframe; readonly to: Timeframe }[] = []
  readonly #meter: IngestMeter
  constructor(deps: SeriesStoreDeps) {
    this.#deps = deps
    this.#keepBars = barsToKeep(deps.keepBars)
    this.calendars = deps.calendars ?? builtInCalendars
    this.#jumps = new JumpGuard((symbol, timeframe) => this.find(symbol, timeframe), deps.jumps)
    this.#meter = new IngestMeter(deps.meter)
  }

  /**
   * Takes closed bars of one series, in any order. The same bar twice changes nothing; another bar of the same open time is a revision (both are kept); an impossible bar is
   * quarantined with its reason and the others are taken. A jump is quarantined as well, until the next bar confirms it (both count as accepted then). Throws `invalid_symbol`, `validation_failed` (timeframe), `series_conflict` (other settings).
   */
  ingest(key: SeriesKey, inputs: readonly BarInput[], options: IngestOptions = {}): IngestReport {
    const series = this.#open(key, options)
    const now = this.#deps.clock.now()
    const quarantined: { openTime: number; reason: string }[] = []
    const changes: { readonly bar: Bar; readonly change: Change }[] = []
    for (const input of inputs) {
      const before = series.bar(series.positionFrom(input.openTime) - 1)
      const bar = this.#withFlow(series, toBar(input, key.timeframe, now))
      const impossible = barFault(input, { timeframe: key.timeframe, now, before, periods: series.periods })
      if (impossible === undefined) changes.push(...this.#confirm(series, bar))
      const fault = impossible ?? this.#jumps.doubt(series, bar)
      const last = series.last
      const change = fault === undefined ? series.apply(bar) : 'too_late'
      if (change === 'appended') this.#meter.follows(series, last, bar)
      if (change !== 'too_late') changes.push({ bar, change })
      else quarantined.push({ openTime: input.openTime, reason: this.#meter.refused(fault ?? tooLate) })
    }
    this.#quarantine.add(key, quarantined)
    if (series.length > 0) this.#keep(series)
    this.#commit(series, changes)
    return this.#meter.report(changes, quarantined)
  }

  /** Gives bars that are stored the order flow that is known of their periods by now: those that it changes are revised. */
  observe(key: SeriesKey, openTimes: readonly number[]): void {
    const series = this.find(key.symbol, key.timeframe)
    if (series === undefined || series.settings.derivedFrom !== undefined) return
    const receivedTime = this.#deps.clock.now()
    const stored = openTimes.map((openTime) => series.bar(series.positionFrom(openTime))).filter((bar, i) => bar?.openTime === openTimes[i]) as Bar[]
    const bars = stored.map((bar) => this.#withFlow(series, { ...bar, receivedTime }))
    this.#commit(
      series,
      bars.map((bar) => ({ bar, change: series.apply(bar) })),
    )
  }

  /** Keeps a longer timeframe for every symbol that has the shorter one, from now on and for the bars that are stored. Does nothing when asked again. Series that are fed directly are left alone. */
  derive(from: Timeframe, to: Timeframe): void {
    const parts = timeframes[to] / timeframes[from]
    if (parts <= 1 || !Number.isInteger(parts)) throw new ServingError('validation_failed', `${to} bars cannot be made from ${from} bars`)
    if (parts > this.#keepBars)
      throw new ServingError('validation_failed', `${to} bars are made of ${parts} bars of ${from}, but only ${this.#keepBars} are kept: raise market.keepBars`)
    if (this.#derivations.some((known) => known.from === from && known.to === to)) return
    for (const series of this.all()) if (series.key.timeframe === from) this.calendars.periods(series.settings.calendar, to)
    this.#derivations.push({ from, to })
    for (const byTimeframe of this.#bySymbol.values()) {
      const source = byTimeframe.get(from)
      if (source) this.#deriveFrom(source, { to, bars: source.slice(0, source.length) })
    }
  }

  /** Calls back after every ingest that changed a series, longer timeframes before the one they are made from. Returns how to stop. */
  onClose(listener: (change: SeriesChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The series, or undefined if it has no bars. */
  find(symbol: string, timeframe: Timeframe): Series | undefined {
    return this.#bySymbol.get(symbol)?.get(timeframe)
  }

  /** Every series. */
  *all(): Generator<Series> {
    for (const byTimeframe of this.#bySymbol.values()) yield* byTimeframe.values()
  }

  /** Stored bars in order of open time. Throws `series_not_found`. */
  bars(key: SeriesKey, { from = -Infinity, to = Infinity, limit = Infinity }: BarRange = {}): Bar[] {
    const series = this.find(key.symbol, key.timeframe)
    if (!series) throw new ServingError('series_not_found', `No bars of ${key.symbol} at ${key.timeframe} are stored; send some to POST /market/bars`)
    const end = series.positionFrom(to)
    return series.slice(Math.max(series.positionFrom(from), end - limit), end)
  }

  /** Replaced versions of one bar, oldest first. */
  revisions(key: SeriesKey, openTime: number): readonly Bar[] {
    return this.find(key.symbol, key.timeframe)?.revisions(openTime) ?? []
  }

  /** Why the bar that opens at a moment was refused; undefined if it was not. */
  quarantineReason(key: SeriesKey, openTime: number): string | undefined {
    return this.#quarantine.reason(key, openTime)
  }

  /** Every series as GET /market shows it. */
  describe(): SeriesDescription[] {
    return [...this.all()].map((series) => describeSeries(series, this.#quarantine.count(series.key)))
  }

  /** Takes a series as a journal remembers it; for the start of the process, before anything else is ingested. Throws `validation_failed` for a calendar that is not known. */
  restore(series: Series): void {
    this.calendars.periods(series.settings.calendar, series.key.timeframe)
    series.trim(this.#keepBars)
    if (series.length > 0) this.#keep(series)
  }

  /** Takes a series over from another process, in place of what is known of it here. Whoever computes from the old one must be told. */
  adopt(series: Series): void {
    this.restore(series)
    this.#deps.journal?.replace(series)
  }

  /** Takes bars that were checked when they first came, as they are: history that happens again. Throws what `ingest` throws. */
  replay(key: SeriesKey, bars: readonly Bar[], options: IngestOptions): void {
    const series = this.#open(key, options)
    const changes = bars.map((bar) => ({ bar, change: series.apply(bar) }))
    if (series.length > 0) this.#keep(series)
    this.#commit(series, changes)
  }

  #withFlow(series: Series, bar: Bar): Bar {
    const stored = series.bar(series.positionFrom(bar.openTime))
    const observed = this.#deps.tapes?.observed(series.key, bar.openTime)
    return withFlow(bar, { observed, stored: stored?.openTime === bar.openTime ? stored.flow : undefined })
  }

  /** A bar that was held, once the next one says the same. */
  #confirm(series: Series, next: Bar): { readonly bar: Bar; readonly change: Change }[] {
    const bar = this.#jumps.confirmedBy(series, next)
    if (bar === undefined) return []
    this.#quarantine.release(series.key, bar.openTime)
    return [{ bar, change: series.apply(bar) }]
  }

  #open(key: SeriesKey, { calendar, clock }: IngestOptions): Series {
    checkKey(key)
    const series = this.find(key.symbol, key.timeframe)
    if (!series) return this.#create(key, { calendar: calendar ?? 'continuous', clock: clock ?? 'live' })
    const { settings } = series
    const name = `${key.symbol} at ${key.timeframe}`
    if (settings.derivedFrom) throw new ServingError('series_conflict', `${name} is made from its ${settings.derivedFrom} bars; send those`)
    if ((calendar ?? settings.calendar) !== settings.calendar || (clock ?? settings.clock) !== settings.clock)
      throw new ServingError('series_conflict', `${name} exists as ${settings.calendar}, ${settings.clock}; leave calendar and clock out or send the same`)
    return series
  }

  /** A new series. What is made of it must be possible by its calendar too. */
  #create(key: SeriesKey, settings: SeriesSettings): Series {
    const made = this.#derivations.filter(({ from }) => from === key.timeframe)
    for (const timeframe of [key.timeframe, ...made.map(({ to }) => to)]) this.calendars.periods(settings.calendar, timeframe)
    return new Series(key, settings, this.calendars)
  }

  #keep(series: Series): void {
    const { symbol, timeframe } = series.key
    const byTimeframe = this.#bySymbol.get(symbol) ?? new Map<Timeframe, Series>()
    this.#bySymbol.set(symbol, byTimeframe.set(timeframe, series))
  }

  #commit(series: Series, changes: readonly { readonly bar: Bar; readonly change: Change }[]): void {
    const stored = changes.filter(({ change }) => change !== 'unchanged')
    if (stored.length === 0) return
    const bars = stored.map(({ bar }) => bar)
    this.#deps.journal?.append(series, bars)
    for (const { from, to } of this.#derivations) if (from === series.key.timeframe) this.#deriveFrom(series, { to, bars })
    const appended = stored.filter(({ change }) => change === 'appended').map(({ bar }) => bar)
    const change = { series, appended, rewritten: appended.length < stored.length }
    for (const listener of this.#listeners) listener(change)
    series.trim(this.#keepBars)
  }

  /** Brings a longer timeframe up to date with bars of its source that are new or revised. */
  #deriveFrom(source: Series, { to, bars }: { readonly to: Timeframe; readonly bars: readonly Bar[] }): void {
    const settings: SeriesSettings = { ...source.settings, derivedFrom: source.key.timeframe }
    const there = this.find(source.key.symbol, to)
    if (there && there.settings.derivedFrom === undefined) return
    const series = there ?? new Series({ symbol: source.key.symbol, timeframe: to }, settings, this.calendars)
    const changes = longerBars(source, to, bars).map((bar) => ({ bar, change: series.apply(bar) }))
    if (series.length > 0) this.#keep(series)
    const stored = changes.filter(({ change }) => change !== 'too_late')
    this.#commit(series, stored)
  }
}
