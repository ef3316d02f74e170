import Type, { type Static } from 'typebox'
import type { Bar, Calendar, IngestReport, SeriesClock, SeriesKey } from './bar.ts'
import type { FeatureSet, FeatureStatus } from './features.ts'
import type { Lineage, LineageWish } from './lineage.ts'
import { symbolPattern } from './symbol.ts'
import { type Timeframe, timeframes } from './timeframe.ts'

const strict = { additionalProperties: false } as const
/** A symbol in a request. */
export const SymbolText = Type.String({ pattern: symbolPattern, maxLength: 85, description: 'ccxt notation, e.g. BTC/USDT', examples: ['BTC/USDT'] })
const TimeframeName = Type.Enum(Object.keys(timeframes) as Timeframe[])
const CalendarName = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,32}$',
  description:
    'continuous: every period has a bar; as_received: bars follow each other as they come; XNYS, or one of the operator: the sessions of an exchange',
  examples: ['continuous', 'as_received', 'XNYS'],
})
const ClockName = Type.Enum(['live', 'replay'] satisfies SeriesClock[])
const instant = Type.String({ description: 'RFC 3339, UTC' })

/** Most bars in one POST /market/bars. */
export const maxBarsPerPost = 10_000
/** Most bars in one answer of GET /market/bars. */
export const maxBarsPerAnswer = 10_000

/** One closed bar. */
export const IngestBarRow = Type.Tuple([Type.Integer(), Type.Number(), Type.Number(), Type.Number(), Type.Number(), Type.Number(), Type.Number()], {
  minItems: 6,
  description: '[open_time_ms, open, high, low, close, volume, taker_buy_volume]; the last may be left out',
})
const BarRow = Type.Tuple([Type.Integer(), Type.Number(), Type.Number(), Type.Number(), Type.Number(), Type.Number()], {
  description: '[open_time_ms, open, high, low, close, volume]',
})

/** Body of POST /market/bars: closed bars of one series; `calendar` and `clock` are fixed at its first bar. */
export const IngestBarsRequest = Type.Object(
  {
    symbol: SymbolText,
    timeframe: TimeframeName,
    calendar: Type.Optional(CalendarName),
    clock: Type.Optional(ClockName),
    bars: Type.Array(IngestBarRow, { minItems: 1, maxItems: maxBarsPerPost }),
  },
  strict,
)
/** What a stream of bars begins with, and again where the series changes: the body of POST /market/bars without its bars. */
export const BarsHead = Type.Omit(IngestBarsRequest, ['bars'], strict)
/** A checked body of POST /market/bars. */
export type IngestBarsRequest = Static<typeof IngestBarsRequest>

/** Answer of POST /market/bars: what became of the bars, and why some were refused. */
export const IngestBarsResponse = Type.Object({
  accepted: Type.Integer(),
  revised: Type.Integer(),
  unchanged: Type.Integer(),
  quarantined: Type.Array(Type.Object({ open_time_ms: Type.Number(), reason: Type.String() })),
})
/** An answer of POST /market/bars. */
export type IngestBarsResponse = Static<typeof IngestBarsResponse>

/** Answer of GET /market/bars: the newest bars of the range, oldest first. */
export const BarsResponse = Type.Object({
  symbol: Type.String(),
  timeframe: Type.String(),
  bars: Type.Array(BarRow),
})
/** An answer of GET /market/bars. */
export type BarsResponse = Static<typeof BarsResponse>

const FeatureFamily = Type.Object({
  name: Type.String(),
  example: Type.String({ description: 'An id with the usual parameters' }),
  summary: Type.String(),
  formula: Type.String({ description: 'In the notation of docs/features.md' }),
  source: Type.Optional(Type.String()),
  unit: Type.String(),
  cost: Type.String({ description: 'Work for one bar: O(1), or O(n) in the length of the window' }),
  parameters: Type.Array(Type.Unknown()),
  inputs: Type.Array(Type.String()),
  warm_up: Type.Object({ first: Type.Integer(), settled: Type.Integer() }, { description: 'Bars until the first and until the settled value' }),
  range: Type.Object({ min: Type.Union([Type.Number(), Type.Null()]), max: Type.Union([Type.Number(), Type.Null()]) }),
  flat_when: Type.Optional(Type.String()),
  digest: Type.String(),
})
const DeclaredSet = Type.Object({
  name: Type.Optional(Type.String({ description: 'Name of a set of the operator; those of models have none' })),
  digest: Type.String(),
  timeframe: Type.String(),
  window: Type.Integer(),
  gaps: Type.Optional(
    Type.Object({ flat: Type.Integer() }, { description: 'Gaps of at most so many bars count as empty bars; absent where every gap begins a new run' }),
  ),
  features: Type.Array(Type.String()),
  labels: Type.Optional(Type.Array(Type.String(), { description: 'Names that the set gives to its features' })),
  symbols: Type.Array(Type.String()),
  certificates: Type.Array(
    Type.Object({ feature: Type.String(), digest: Type.String(), proven: Type.Array(Type.String()), at: instant, code_version: Type.String() }),
    { description: 'What was proven of its features by this version of the code, before the set was served' },
  ),
})
/** Answer of GET /features: the catalogue, the sets of the operator and those that models declared. */
export const FeaturesResponse = Type.Object({ catalogue: Type.Array(FeatureFamily), sets: Type.Array(DeclaredSet) })
/** An answer of GET /features. */
export type FeaturesResponse = Static<typeof FeaturesResponse>

const FeatureRow = Type.Object({
  id: Type.String(),
  label: Type.Optional(Type.String({ description: 'Name that the set gives to it' })),
  value: Type.Union([Type.Number(), Type.Null()]),
  status: Type.String(),
  warming: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String({ description: 'Why it is quarantined' })),
  event_time: Type.Union([Type.String(), Type.Null()]),
  age_s: Type.Union([Type.Number(), Type.Null()]),
  digest: Type.String(),
})
/** Answer of GET /features/{symbol}: the newest row of one set, the operator's or a model's, as of a moment. */
export const SymbolFeaturesResponse = Type.Object({
  symbol: Type.String(),
  set: Type.Object({ name: Type.Optional(Type.String()), model: Type.Optional(Type.String()), digest: Type.String() }),
  as_of: instant,
  clock: ClockName,
  complete: Type.Boolean(),
  features: Type.Array(FeatureRow),
})
/** An answer of GET /features/{symbol}. */
export type SymbolFeaturesResponse = Static<typeof SymbolFeaturesResponse>

/** A bar as a client sends it; `openTime` in ms since the epoch. */
export type BarValues = Pick<Bar, 'openTime' | 'open' | 'high' | 'low' | 'close' | 'volume'> & { readonly takerBuyVolume?: number }

/**
 * Where bars go in: at once, or a promise where replicas share what is computed of them. Throws `series_conflict` when the series exists with other settings, `not_the_writer` when another replica
 * takes them; impossible bars are quarantined, not thrown.
 */
export interface MarketWrites {
  ingest(
    key: SeriesKey,
    bars: readonly BarValues[],
    options: { readonly calendar?: Calendar; readonly clock?: SeriesClock },
  ): IngestReport | Promise<IngestReport>
}

/** Where stored bars are read: open times in [from, to), the newest `limit` of them. Throws `series_not_found`. */
export interface MarketReads {
  bars(key: SeriesKey, range: { readonly from?: number; readonly to?: number; readonly limit?: number }): readonly Bar[]
}

/** One family of features as people read it; `range` may be infinite. */
export type FeatureFamilyEntry = {
  readonly name: string
  readonly example: string
  readonly parameters: readonly unknown[]
  readonly summary: string
  readonly formula: string
  readonly source?: string
  readonly unit: string
  readonly cost: string
  readonly flatWhen?: string
  readonly inputs: readonly string[]
  readonly warmUp: { readonly first: number; readonly settled: number }
  readonly range: { readonly min: number; readonly max: number }
  readonly digest: string
}

/** One value of a set with all that is known of it; times in ms since the epoch. */
export type FeatureEntry = {
  readonly id: string
  readonly value?: number
  readonly status: FeatureStatus
  readonly warming?: string
  /** Why it is quarantined. */
  readonly reason?: string
  readonly eventTime?: number
  readonly ageMs?: number
  readonly digest: string
}

/** What was proven of one definition, when (ms), and for which version of the code. */
export type FeatureCertificate = { readonly digest: string; readonly proven: readonly string[]; readonly at: number; readonly codeVersion: string }

/** What the gateway reads of the features beyond a vector: the catalogue, the declared sets, what was proven of them, the newest row of a set with its names, and where a value comes from (throws `unknown_feature`). */
export interface FeatureCatalogue {
  catalogue(): readonly FeatureFamilyEntry[]
  sets(): readonly FeatureSet[]
  describe(set: FeatureSet, symbol: string, asOf?: number): readonly FeatureEntry[]
  certificates(set: FeatureSet): readonly (FeatureCertificate & { readonly feature: string })[]
  lineage(set: FeatureSet, symbol: string, wish: LineageWish): Lineage
}
