import type { Calendars } from '../calendars/calendars.ts'
import type { Bar, Calendar } from '../contracts/bar.ts'
import type { FeatureSetSpec, FeatureVector } from '../contracts/features.ts'
import { noMeter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { SeriesStore } from '../market/series-store.ts'
import type { Catalogue } from './catalog/family.ts'
import { FeatureService } from './feature-service.ts'

/** All versions of the bars of one series, those of each bar in the order in which they came. */
export type BarsAsTheyCame = { readonly symbol: string; readonly calendar: Calendar; readonly versions: readonly Bar[] }

/** Which set over which series; `bars` has the series of the symbol, and of others that its features read. */
export type KnownVectorsRequest = Pick<FeatureSetSpec, 'timeframe' | 'features' | 'gaps' | 'ranges'> & {
  readonly bars: readonly BarsAsTheyCame[]
  readonly catalogue: Catalogue
  readonly calendars: Calendars
}

type Coming = { readonly of: BarsAsTheyCame; readonly bar: Bar; readonly since: number }

/** Since when each version was known: not before the one that it replaced, whatever its sender says. */
function comingOf(of: BarsAsTheyCame): Coming[] {
  let before: Coming | undefined
  return of.versions.map((bar) => {
    const since = before?.bar.openTime === bar.openTime ? Math.max(before.since, bar.receivedTime) : bar.receivedTime
    return (before = { of, bar, since })
  })
}

/**
 * Vectors as a server knew them at one moment after the other: bars go into the service that serves predictions again, version by version, up to the moment at which one was read. Moments must not
 * go back.
 */
export class KnownVectors {
  readonly #request: KnownVectorsRequest
  readonly #store: SeriesStore
  readonly #service: FeatureService
  readonly #coming: readonly Coming[]
  #taken = 0
  constructor(request: KnownVectorsRequest, clock: Clock) {
    const { bars, catalogue, calendars } = request
    this.#request = request
    this.#coming = bars.flatMap(comingOf).toSorted((a, b) => a.since - b.since)
    this.#store = new SeriesStore({ clock, meter: noMeter, calendars, keepBars: this.#coming.length })
    this.#service = new FeatureService({ series: this.#store, clock, meter: noMeter, catalogue })
    this.#setOf(1)
  }

  /** The last `window` rows as of a moment, as known at another: once for what had come before that ms, then again after each bar that came within it, as nobody knows which was first. */
  *read(symbol: string, { asOf, knownAt, window }: { readonly asOf: number; readonly knownAt: number; readonly window: number }): Generator<FeatureVector> {
    const set = this.#setOf(window)
    const received = (at: number): number => this.#coming[at]?.since ?? Infinity
    let until = this.#taken
    while (received(until) < knownAt) until += 1
    this.#take(until)
    yield this.#service.vector(set, symbol, asOf)
    while (received(this.#taken) === knownAt) {
      this.#take(this.#taken + 1)
      yield this.#service.vector(set, symbol, asOf)
    }
  }

  #setOf(window: number) {
    const { timeframe, features, gaps, ranges, bars } = this.#request
    return this.#service.declare({
      timeframe,
      features,
      window,
      symbols: bars.map(({ symbol }) => symbol),
      ...(gaps && { gaps }),
      ...(ranges && { ranges }),
    })
  }

  /** Lets bars come, those of one series that follow each other at once. */
  #take(until: number): void {
    const { timeframe } = this.#request
    while (this.#taken < until) {
      const { of } = this.#coming[this.#taken] as Coming
      let end = this.#taken
      while (end < until && this.#coming[end]?.of === of) end += 1
      const bars = this.#coming.slice(this.#taken, end).map(({ bar }) => bar)
      this.#store.replay({ symbol: of.symbol, timeframe }, bars, { calendar: of.calendar, clock: 'live' })
      this.#taken = end
    }
  }
}

/** Vectors as they were known, from the first bar on, or from a later one: a set that is declared anew begins with the oldest bar that is kept. */
export class KnownOrigins {
  readonly whole: KnownVectors
  readonly #request: KnownVectorsRequest
  readonly #clock: Clock
  readonly #later = new Map<number, KnownVectors>()
  constructor(request: KnownVectorsRequest, clock: Clock) {
    this.#request = request
    this.#clock = clock
    this.whole = new KnownVectors(request, clock)
  }

  /** As if the bars before one that opened at a moment had never been there. */
  from(origin: number): KnownVectors {
    const bars = (): BarsAsTheyCame[] =>
      this.#request.bars.map(({ versions, ...of }) => ({ ...of, versions: versions.filter(({ openTime }) => openTime >= origin) }))
    const known = this.#later.get(origin) ?? new KnownVectors({ ...this.#request, bars: bars() }, this.#clock)
    this.#later.set(origin, known)
    return known
  }
}
