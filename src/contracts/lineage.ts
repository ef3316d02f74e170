import Type, { type Static } from 'typebox'
import type { Bar, Calendar, SeriesClock } from './bar.ts'
import type { FeatureStatus } from './features.ts'
import type { Timeframe } from './timeframe.ts'

/** Most bars that one series of a lineage lists. */
export const maxLineageBars = 500

/** How much of a lineage is wanted: the bars that each series lists, and from which open time on (ms) its bars are digested, if not from the first. */
export type LineageWish = { readonly feature: string; readonly asOf: number | undefined; readonly bars: number; readonly since: number | undefined }

/** The bars of one series that a value rests on. Times in ms; `digest` covers those from `digestFrom` to the last. */
export type LineageBars = {
  readonly origin: number
  readonly firstOpenTime: number
  readonly lastOpenTime: number
  readonly count: number
  readonly dropped: number
  readonly revisions: number
  readonly newestReceivedTime: number
  readonly digest: string
  readonly digestFrom: number
  readonly newest: readonly { readonly bar: Bar; readonly revisions: number; readonly digest: string }[]
}

type Node<Kind extends string, About> = { readonly kind: Kind; readonly name: string; readonly restsOn: readonly string[] } & About
/** One thing that a value rests on, by name; `restsOn` names the nodes behind it. */
export type LineageNode =
  | Node<
      'value',
      {
        readonly status: FeatureStatus
        readonly value?: number
        readonly warming?: string
        readonly reason?: string
        readonly eventTime?: number
        readonly setDigest: string
      }
    >
  | Node<
      'definition',
      {
        readonly formula: string
        readonly parameters: Readonly<Record<string, number | string>>
        readonly version: number
        readonly settled: number
        readonly digest: string
      }
    >
  | Node<'field', { readonly field: string }>
  | Node<
      'series',
      {
        readonly timeframe: Timeframe
        readonly clock: SeriesClock
        readonly calendar: Calendar
        readonly derivedFrom?: Timeframe
        readonly bars?: LineageBars
      }
    >

/** Where one value comes from, the value first. */
export type Lineage = { readonly asOf: number; readonly clock: SeriesClock; readonly nodes: readonly LineageNode[] }

const Instant = Type.String({ description: 'RFC 3339, UTC' })
const Digest = Type.String({ description: 'SHA-256, hexadecimal' })
const base = { name: Type.String(), rests_on: Type.Array(Type.String(), { description: 'Names of the nodes behind it' }) }

const Bars = Type.Object({
  origin: Type.String({ description: 'Open time of the first bar that the state rests on, kept or not' }),
  first_open_time: Instant,
  last_open_time: Instant,
  count: Type.Integer(),
  dropped: Type.Integer({ description: 'Bars of the series that are kept no longer' }),
  revisions: Type.Integer({ description: 'Replaced versions of these bars' }),
  newest_received_time: Instant,
  digest: Type.Object(
    { from: Instant, sha256: Digest },
    { description: 'Over the bars from `from` to the last, receipt left out: two replicas whose bars agree have the same' },
  ),
  newest: Type.Array(
    Type.Object({
      open_time: Instant,
      received_time: Instant,
      open: Type.Number(),
      high: Type.Number(),
      low: Type.Number(),
      close: Type.Number(),
      volume: Type.Number(),
      empty: Type.Boolean(),
      partner_close: Type.Optional(Type.Number()),
      revisions: Type.Integer(),
      digest: Digest,
    }),
    { description: 'The newest of them, oldest first' },
  ),
})

const ValueNode = Type.Object({
  kind: Type.Literal('value'),
  ...base,
  value: Type.Union([Type.Number(), Type.Null()]),
  status: Type.String(),
  warming: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String({ description: 'Why it is quarantined' })),
  event_time: Type.Union([Type.String(), Type.Null()]),
  set_digest: Digest,
})
const DefinitionNode = Type.Object({
  kind: Type.Literal('definition'),
  ...base,
  formula: Type.String({ description: 'In the notation of docs/features.md' }),
  parameters: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])),
  version: Type.Integer(),
  settled: Type.Integer({ description: 'Bars from which its values are served' }),
  digest: Digest,
})
const FieldNode = Type.Object({ kind: Type.Literal('field'), ...base, field: Type.String() })
const SeriesNode = Type.Object({
  kind: Type.Literal('series'),
  ...base,
  timeframe: Type.String(),
  clock: Type.String(),
  calendar: Type.String(),
  derived_from: Type.Optional(Type.String({ description: 'Timeframe of the bars that these are made from' })),
  bars: Type.Optional(Bars),
})

/** Answer of GET /features/{symbol}/lineage: a graph from one value down to the bars, as nodes that name the nodes behind them. */
export const LineageResponse = Type.Object({
  symbol: Type.String(),
  feature: Type.String(),
  set: Type.Object({ name: Type.Optional(Type.String()), model: Type.Optional(Type.String()), digest: Digest }),
  as_of: Instant,
  clock: Type.String(),
  nodes: Type.Array(Type.Union([ValueNode, DefinitionNode, FieldNode, SeriesNode])),
})
/** An answer of GET /features/{symbol}/lineage. */
export type LineageResponse = Static<typeof LineageResponse>
