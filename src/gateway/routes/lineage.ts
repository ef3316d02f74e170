import Type from 'typebox'
import { formatInstant } from '../../contracts/instant.ts'
import { type Lineage, type LineageBars, type LineageNode, LineageResponse, maxLineageBars } from '../../contracts/lineage.ts'
import { defineRoute, type Route } from '../route.ts'
import { momentOf, setQuery, SymbolParams } from './features.ts'
import { countOf, instantOf } from './market.ts'

const usualBars = 20

type NodeView = LineageResponse['nodes'][number]
type BarsView = NonNullable<Extract<NodeView, { kind: 'series' }>['bars']>

const barView = ({ bar, revisions, digest }: LineageBars['newest'][number]): BarsView['newest'][number] => {
  const { openTime, receivedTime, open, high, low, close, volume, empty, partnerClose } = bar
  return {
    open_time: formatInstant(openTime),
    received_time: formatInstant(receivedTime),
    open,
    high,
    low,
    close,
    volume,
    empty,
    ...(partnerClose === undefined ? {} : { partner_close: partnerClose }),
    revisions,
    digest,
  }
}

const barsView = ({
  origin,
  firstOpenTime,
  lastOpenTime,
  count,
  dropped,
  revisions,
  newestReceivedTime,
  digest,
  digestFrom,
  newest,
}: LineageBars): BarsView => ({
  origin: formatInstant(origin),
  first_open_time: formatInstant(firstOpenTime),
  last_open_time: formatInstant(lastOpenTime),
  count,
  dropped,
  revisions,
  newest_received_time: formatInstant(newestReceivedTime),
  digest: { from: formatInstant(digestFrom), sha256: digest },
  newest: newest.map(barView),
})

const detailsOf = ({ warming, reason }: { readonly warming?: string; readonly reason?: string }) => ({
  ...(warming === undefined ? {} : { warming }),
  ...(reason === undefined ? {} : { reason }),
})

/** A node as the API writes it. */
function nodeView(node: LineageNode): NodeView {
  const { name, restsOn } = node
  const shared = { name, rests_on: [...restsOn] }
  switch (node.kind) {
    case 'value': {
      const { kind, value, status, eventTime, setDigest } = node
      const time = eventTime === undefined ? null : formatInstant(eventTime)
      return { kind, ...shared, value: value ?? null, status, ...detailsOf(node), event_time: time, set_digest: setDigest }
    }
    case 'definition': {
      const { kind, formula, parameters, version, settled, digest } = node
      return { kind, ...shared, formula, parameters: { ...parameters }, version, settled, digest }
    }
    case 'field':
      return { kind: node.kind, ...shared, field: node.field }
    case 'series': {
      const { kind, timeframe, clock, calendar, derivedFrom, bars } = node
      const source = derivedFrom === undefined ? {} : { derived_from: derivedFrom }
      return { kind, ...shared, timeframe, clock, calendar, ...source, ...(bars ? { bars: barsView(bars) } : {}) }
    }
  }
}

type Asked = {
  readonly symbol: string
  readonly feature: string
  readonly origin: { readonly name: string } | { readonly model: string }
  readonly digest: string
}

const answerOf = ({ asOf, clock, nodes }: Lineage, { symbol, feature, origin, digest }: Asked): LineageResponse => ({
  symbol,
  feature,
  set: { ...origin, digest },
  as_of: formatInstant(asOf),
  clock,
  nodes: nodes.map(nodeView),
})

const lineage = defineRoute({
  method: 'GET',
  path: '/features/:symbol/lineage',
  scope: 'features:read',
  tag: 'Features',
  summary: 'Where one value of a feature set comes from: its definition, the fields it reads, their series, and the bars with their digests',
  params: SymbolParams,
  query: Type.Object(
    {
      ...setQuery,
      feature: Type.String({ minLength: 1, maxLength: 200, description: 'A feature of the set, by id or plain name', examples: ['rsi(14)@1m'] }),
      bars: Type.Optional(Type.String({ maxLength: 20, description: `Bars that each series lists, the newest; 0 to ${maxLineageBars}, default ${usualBars}` })),
      since: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339: digest the bars from here on, to compare with a replica that keeps fewer' })),
    },
    { additionalProperties: false },
  ),
  answer: LineageResponse,
  codes: [
    'invalid_symbol',
    'invalid_timestamp',
    'timestamp_in_future',
    'unknown_feature',
    'model_not_found',
    'version_not_found',
    'not_the_writer',
    'model_unavailable',
  ],
  async handle({ params, query, call }, { features, models, clock }) {
    const [asOf, since] = [momentOf(query.as_of, clock.now()), instantOf(query.since, 'since')]
    const bars = countOf(query.bars, { name: 'bars', least: 0, most: maxLineageBars, usual: usualBars })
    await features.fetch(params.symbol)
    const wish = { feature: query.feature, asOf, bars, since }
    const own = features.sets().find(({ spec }) => spec.name === query.set)
    if (own) return answerOf(features.lineage(own, params.symbol, wish), { ...params, ...query, origin: { name: query.set }, digest: own.digest })
    using lease = await models.acquire(query.set, 'latest', call.deadline)
    const { features: set } = lease.model
    return answerOf(features.lineage(set, params.symbol, wish), { ...params, ...query, origin: { model: query.set }, digest: set.digest })
  },
})

/** GET /features/{symbol}/lineage. */
export const lineageRoutes: readonly Route[] = [lineage]
