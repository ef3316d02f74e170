import Type, { type Static } from 'typebox'
import type { IngestReport } from '../../contracts/bar.ts'
import { parseInstant } from '../../contracts/instant.ts'
import { ServingError } from '../../contracts/error.ts'
import { FeedsResponse } from '../../contracts/feeds.ts'
import { LinesResponse } from '../../contracts/flow-requests.ts'
import { BarsHead, BarsResponse, type BarValues, IngestBarRow, IngestBarsRequest, IngestBarsResponse, maxBarsPerAnswer } from '../../contracts/market.ts'
import type { RouteDeps } from '../gateway-deps.ts'
import { defineLines, type Taken } from '../line-intake.ts'
import { defineRoute, type Route } from '../route.ts'

/** Time for a stream of lines; how long the client may take to send it is a setting. */
export const streamBudgetMs = 600_000

const usualBars = 500
const Instant = Type.String({ maxLength: 40, description: 'RFC 3339 with a zone' })
const BarsQuery = Type.Object(
  {
    symbol: IngestBarsRequest.properties.symbol,
    timeframe: IngestBarsRequest.properties.timeframe,
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    limit: Type.Optional(Type.String({ maxLength: 20, description: `1 to ${maxBarsPerAnswer}, default ${usualBars}` })),
  },
  { additionalProperties: false },
)

/** Ms of an instant in a query; undefined when absent. Throws `invalid_timestamp`. */
export function instantOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const ms = parseInstant(text)
  if (ms !== undefined) return ms
  const rule = 'must be an RFC 3339 instant with a zone, e.g. 2024-01-15T10:30:00Z'
  throw new ServingError('invalid_timestamp', `/${name} ${rule}`, { places: [{ pointer: `/${name}`, rule, got: text.slice(0, 100).toWellFormed() }] })
}

/** A count in a query, with the ends that it may have and what it usually is. */
type Count = { readonly name: string; readonly least: number; readonly most: number; readonly usual: number }

/** A count in a query, or what it usually is. Throws `validation_failed`. */
export function countOf(text: string | undefined, { name, least, most, usual }: Count): number {
  if (text === undefined) return usual
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN
  if (count >= least && count <= most) return count
  const rule = `must be a whole number from ${least} to ${most}`
  throw new ServingError('validation_failed', `/${name} ${rule}`, { places: [{ pointer: `/${name}`, rule, got: text.slice(0, 100).toWellFormed() }] })
}

type Row = readonly [number, number, number, number, number, number, number?]
const toValues = ([openTime, open, high, low, close, volume, takerBuyVolume]: Row): BarValues => ({
  openTime,
  open,
  high,
  low,
  close,
  volume,
  ...(takerBuyVolume === undefined ? {} : { takerBuyVolume }),
})

function takeBars(
  { symbol, timeframe, calendar, clock }: Static<typeof BarsHead>,
  rows: readonly Row[],
  { market }: RouteDeps,
): IngestReport | Promise<IngestReport> {
  const options = { ...(calendar === undefined ? {} : { calendar }), ...(clock === undefined ? {} : { clock }) }
  return market.ingest({ symbol, timeframe }, rows.map(toValues), options)
}

/** The same in the words of a stream. A bar that was held as a jump and confirmed later counts as accepted then. */
function taken(rows: readonly Row[], { quarantined, ...counts }: IngestReport): Taken {
  const indexOf = new Map(rows.map(([openTime], index) => [openTime, index]))
  const refused = quarantined.map(({ openTime, reason }) => ({ index: indexOf.get(openTime) as number, reason }))
  return { counts: { ...counts, quarantined: quarantined.length }, refused }
}

const ingest = defineRoute({
  method: 'POST',
  path: '/market/bars',
  scope: 'market:write',
  tag: 'Market data',
  summary: 'Closed bars in; the same bar twice changes nothing, another bar of the same open time is a revision',
  body: IngestBarsRequest,
  lines: defineLines({ head: BarsHead, row: IngestBarRow, take: async (head, rows, deps) => taken(rows, await takeBars(head, rows, deps)) }),
  answer: Type.Union([IngestBarsResponse, LinesResponse]),
  budgetMs: streamBudgetMs,
  codes: ['invalid_symbol', 'series_conflict', 'not_the_writer', 'online_store_unavailable'],
  async handle({ body }, deps) {
    const { accepted, revised, unchanged, quarantined } = await takeBars(body, body.bars, deps)
    return { accepted, revised, unchanged, quarantined: quarantined.map(({ openTime, reason }) => ({ open_time_ms: openTime, reason })) }
  },
})

const read = defineRoute({
  method: 'GET',
  path: '/market/bars',
  scope: 'features:read',
  tag: 'Market data',
  summary: 'Stored bars with open times in [from, to), the newest if there are more than the limit, oldest first',
  query: BarsQuery,
  answer: BarsResponse,
  codes: ['invalid_symbol', 'invalid_timestamp', 'series_not_found', 'not_the_writer'],
  handle({ query }, { market }) {
    const { symbol, timeframe } = query
    const from = instantOf(query.from, 'from')
    const to = instantOf(query.to, 'to')
    const limit = countOf(query.limit, { name: 'limit', least: 1, most: maxBarsPerAnswer, usual: usualBars })
    const range = { limit, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    const bars = market.bars({ symbol, timeframe }, range)
    return { symbol, timeframe, bars: bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume]) }
  },
})

const feeds = defineRoute({
  method: 'GET',
  path: '/market/feeds',
  scope: 'features:read',
  tag: 'Market data',
  summary: 'Every exchange that is followed: whether it is connected, what is wrong, and how old its newest bars are',
  answer: FeedsResponse,
  codes: [],
  handle: (_asked, deps) => ({ feeds: deps.feeds.status() }),
})

/** POST and GET /market/bars, GET /market/feeds. */
export const marketRoutes: readonly Route[] = [ingest, read, feeds]
