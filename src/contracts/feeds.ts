import Type, { type Static } from 'typebox'

/** Where a feed is. `starting`: its process is not ready yet; `connecting`: it is, the exchange is not; `down`: the process ended and will be started again; `refused`: its settings have to change. */
export const feedPhases = ['starting', 'connecting', 'connected', 'down', 'refused'] as const
/** One of `feedPhases`. */
export type FeedPhase = (typeof feedPhases)[number]

const nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) => Type.Union([schema, Type.Null()])

const SeriesOfFeed = Type.Object({
  symbol: Type.String(),
  timeframe: Type.String(),
  taken_here: Type.Boolean({ description: 'False where another replica writes the symbol: its bars are not stored here' }),
  last_close_time: nullable(Type.String({ description: 'Close of the newest bar that is stored' })),
  age_s: nullable(Type.Number({ description: 'Seconds since that close' })),
})

const FeedView = Type.Object({
  exchange: Type.String(),
  phase: Type.Enum([...feedPhases]),
  healthy: Type.Boolean(),
  detail: Type.String({ description: 'What is wrong, or that nothing is' }),
  streams: Type.Array(Type.String()),
  series: Type.Array(SeriesOfFeed),
  last_event_age_s: nullable(Type.Number({ description: 'Seconds since the exchange last said anything' })),
  clock_skew_ms: nullable(Type.Number({ description: 'How far the exchange’s clock is ahead' })),
  counts: Type.Record(Type.String(), Type.Integer(), { description: 'Since the start of the server' }),
})

/** Answer of GET /market/feeds: every configured feed, in the order of the settings. */
export const FeedsResponse = Type.Object({ feeds: Type.Array(FeedView) })
/** An answer of GET /market/feeds. */
export type FeedsResponse = Static<typeof FeedsResponse>

/** Where the gateway asks how feeds are. */
export interface FeedReads {
  status(): FeedsResponse['feeds']
}
