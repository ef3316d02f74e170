import Type from 'typebox'
import { parseInstant } from '../../contracts/instant.ts'
import { ServingError } from '../../contracts/error.ts'
import { BarsResponse, type BarValues, IngestBarsRequest, IngestBarsResponse, maxBarsPerAnswer } from '../../contracts/market.ts'
import { defineRoute, type Route } from '../route.ts'

const usualBars = 500
const Instant = Type.String({ maxLength: 40, description: 'RFC 3339 with a zone' })
const BarsQuery = Type.Object(
  {
    symbol: IngestBarsRequest.properties.symbol,
    timeframe: IngestBarsRequest.properties.timeframe,
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,4}$', description: `At most ${maxBarsPerAnswer}, default ${usualBars}` })),
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

const ingest = defineRoute({
  method: 'POST',
  path: '/market/bars',
  scope: 'market:write',
  tag: 'Market data',
  summary: 'Closed bars in; the same bar twice changes nothing, another bar of the same open time is a revision',
  body: IngestBarsRequest,
  answer: IngestBarsResponse,
  codes: ['invalid_symbol', 'series_conflict'],
  handle({ body }, { market }) {
    const { symbol, timeframe, calendar, clock, bars } = body
    const options = { ...(calendar === undefined ? {} : { calendar }), ...(clock === undefined ? {} : { clock }) }
    const { accepted, revised, unchanged, quarantined } = market.ingest({ symbol, timeframe }, bars.map(toValues), options)
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
  codes: ['invalid_symbol', 'invalid_timestamp', 'series_not_found'],
  handle({ query }, { market }) {
    const { symbol, timeframe } = query
    const from = instantOf(query.from, 'from')
    const to = instantOf(query.to, 'to')
    const limit = Math.min(Number(query.limit ?? usualBars), maxBarsPerAnswer)
    const range = { limit, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    const bars = market.bars({ symbol, timeframe }, range)
    return { symbol, timeframe, bars: bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume]) }
  },
})

/** POST and GET /market/bars. */
export const marketRoutes: readonly Route[] = [ingest, read]
