import type { Calendars } from '../calendars/calendars.ts'
import type { Bar, Calendar, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { type FlowField, flowFields, noFlow } from '../contracts/flow.ts'
import type { FeatureSet, FeatureSetSpec, FeatureStatus } from '../contracts/features.ts'
import { noMeter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { digestOfBars } from '../market/bar-digest.ts'
import type { BarInput } from '../market/check-bar.ts'
import type { Series } from '../market/series.ts'
import { SeriesStore } from '../market/series-store.ts'
import type { Catalogue } from './catalog/family.ts'
import { FeatureService } from './feature-service.ts'

/** What is compared: two lots of bars of one series, and the features that are computed on both. */
export type Comparison = SeriesKey &
  Pick<FeatureSetSpec, 'features' | 'gaps' | 'ranges'> & {
    readonly calendar: Calendar
    /** Those that are built in unless others are given. */
    readonly calendars?: Calendars
    readonly bars: readonly [readonly BarInput[], readonly BarInput[]]
    /** What ids refer to; our own catalogue unless another is given. */
    readonly catalogue?: Catalogue
  }

/** Two fields of a bar that differ. */
export type FieldChange = { readonly field: string; readonly from: number; readonly to: number }
/** Why one moment differs: `missing` in the second, `extra` in it, or `revised`. */
export type BarDifference = { readonly openTime: number; readonly cause: 'missing' | 'extra' | 'revised'; readonly changes: readonly FieldChange[] }
type Reading = { readonly value: number; readonly status: FeatureStatus }
/** The first moment (close time) at which a feature differs, both readings there, and at how many moments it does. */
export type ValueDifference = { readonly id: string; readonly closeTime?: number; readonly readings?: readonly [Reading, Reading]; readonly count: number }
/** One side: how many bars were taken and refused, the first of them, and the digest over all. */
export type Side = { readonly bars: number; readonly quarantined: number; readonly origin: number; readonly digest: string }

/** What differs between two series, and in the features computed on them. */
export type SeriesDifference = {
  readonly sides: readonly [Side, Side]
  readonly first: BarDifference | undefined
  readonly counts: Readonly<Record<BarDifference['cause'], number>>
  readonly moments: number
  readonly features: readonly ValueDifference[]
}

type World = { readonly service: FeatureService; readonly series: Series; readonly set: FeatureSet; readonly side: Side }

const fields = ['open', 'high', 'low', 'close', 'volume'] as const

function makeWorld(comparison: Comparison, bars: readonly BarInput[], clock: Clock): World {
  const { symbol, timeframe, calendar, features, gaps, ranges, catalogue, calendars } = comparison
  const store = new SeriesStore({ clock, meter: noMeter, keepBars: bars.length, ...(calendars && { calendars }) })
  const service = new FeatureService({ series: store, clock, meter: noMeter, historyRows: Math.max(1, bars.length), ...(catalogue ? { catalogue } : {}) })
  const set = service.declare({ timeframe, features, window: 1, symbols: [symbol], ...(gaps && { gaps }), ...(ranges && { ranges }) })
  const { quarantined } = store.ingest({ symbol, timeframe }, bars, { calendar, clock: 'replay' })
  const series = store.find(symbol, timeframe)
  if (!series) throw new ServingError('validation_failed', `No bar could be used${quarantined[0] ? `: ${quarantined[0].reason}` : ''}`)
  const kept = series.slice(0, series.length)
  return {
    service,
    series,
    set,
    side: { bars: kept.length, quarantined: quarantined.length, origin: series.origin ?? 0, digest: digestOfBars(series.key, kept) },
  }
}

const barAt = (series: Series, openTime: number): Bar | undefined => {
  const bar = series.bar(series.positionFrom(openTime))
  return bar?.openTime === openTime ? bar : undefined
}

const numbersOf = ({ flow = noFlow, ...bar }: Bar): Readonly<Record<(typeof fields)[number] | FlowField, number>> => ({ ...bar, ...flow })

/** How one moment differs, if it does. */
function differenceAt(openTime: number, a: Bar | undefined, b: Bar | undefined): BarDifference | undefined {
  if (!a || !b) return { openTime, cause: a ? 'missing' : 'extra', changes: [] }
  const [one, other] = [numbersOf(a), numbersOf(b)]
  const changes = [...fields, ...flowFields]
    .filter((field) => !Object.is(one[field], other[field]))
    .map((field) => ({ field, from: one[field], to: other[field] }))
  return changes.length === 0 ? undefined : { openTime, cause: 'revised', changes }
}

/** Open times of either, in order, each once. */
function momentsOf([a, b]: readonly [World, World]): number[] {
  const times = [a, b].flatMap(({ series }) => series.slice(0, series.length).map(({ openTime }) => openTime))
  return [...new Set(times)].toSorted((one, other) => one - other)
}

function compareValues([a, b]: readonly [World, World], key: Comparison, closeTimes: readonly number[]): ValueDifference[] {
  const found = a.set.ids.map((id): { -readonly [field in keyof ValueDifference]: ValueDifference[field] } => ({ id, count: 0 }))
  for (const closeTime of closeTimes) {
    const [one, other] = [a.service.vector(a.set, key.symbol, closeTime), b.service.vector(b.set, key.symbol, closeTime)]
    for (const [column, difference] of found.entries()) {
      const readings = [one, other].map(({ values, statuses }): Reading => ({ value: values[column] as number, status: statuses[column] as FeatureStatus }))
      const [left, right] = readings as [Reading, Reading]
      if (left.status === right.status && Object.is(left.value, right.value)) continue
      if (difference.count === 0) Object.assign(difference, { closeTime, readings })
      difference.count += 1
    }
  }
  return found
}

/** Folds both and says where they differ, bar by bar and feature by feature, bit for bit. Throws `unknown_feature`, `validation_failed`. */
export function compareSeries(comparison: Comparison, clock: Clock): SeriesDifference {
  const worlds = comparison.bars.map((bars) => makeWorld(comparison, bars, clock)) as unknown as readonly [World, World]
  const [a, b] = worlds
  const moments = momentsOf(worlds)
  const counts = { missing: 0, extra: 0, revised: 0 }
  let first: BarDifference | undefined
  for (const openTime of moments) {
    const difference = differenceAt(openTime, barAt(a.series, openTime), barAt(b.series, openTime))
    if (!difference) continue
    first ??= difference
    counts[difference.cause] += 1
  }
  const closeTimes = moments.map((openTime) => openTime + a.series.barMs)
  return { sides: [a.side, b.side], first, counts, moments: moments.length, features: compareValues(worlds, comparison, closeTimes) }
}
