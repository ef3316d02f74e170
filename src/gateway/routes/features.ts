import Type from 'typebox'
import type { RouteDeps } from '../gateway-deps.ts'
import { modelNamePattern } from '../../contracts/manifest.ts'
import { formatInstant } from '../../contracts/instant.ts'
import {
  type FeatureCatalogue,
  type FeatureEntry,
  type FeatureFamilyEntry,
  type FeaturesResponse,
  FeaturesResponse as Catalogue,
  type SymbolFeaturesResponse,
  SymbolFeaturesResponse as SymbolRow,
} from '../../contracts/market.ts'
import type { FeatureSet } from '../../contracts/features.ts'
import { notInFuture } from '../../contracts/not-in-future.ts'
import { symbolPattern } from '../../contracts/symbol.ts'
import { defineRoute, type Route } from '../route.ts'
import { instantOf } from './market.ts'

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

const familyView = ({
  name,
  example,
  summary,
  formula,
  source,
  unit,
  cost,
  parameters,
  inputs,
  warmUp,
  range,
  flatWhen,
  digest,
}: FeatureFamilyEntry): FeaturesResponse['catalogue'][number] => ({
  name,
  example,
  summary,
  formula,
  ...(source === undefined ? {} : { source }),
  unit,
  cost,
  parameters: [...parameters],
  inputs: [...inputs],
  warm_up: { first: warmUp.first, settled: warmUp.settled },
  range: { min: finite(range.min), max: finite(range.max) },
  ...(flatWhen === undefined ? {} : { flat_when: flatWhen }),
  digest,
})

const certificateView = ({ feature, digest, proven, at, codeVersion }: ReturnType<FeatureCatalogue['certificates']>[number]) => {
  return { feature, digest, proven: [...proven], at: formatInstant(at), code_version: codeVersion }
}

const setView = ({ digest, ids, spec }: FeatureSet, certificates: ReturnType<FeatureCatalogue['certificates']>): FeaturesResponse['sets'][number] => ({
  ...(spec.name === undefined ? {} : { name: spec.name }),
  digest,
  timeframe: spec.timeframe,
  window: spec.window,
  ...(spec.gaps === undefined ? {} : { gaps: { flat: spec.gaps.flat } }),
  features: [...ids],
  ...(spec.labels === undefined ? {} : { labels: [...spec.labels] }),
  symbols: [...spec.symbols],
  certificates: certificates.map(certificateView),
})

const valueView = ({ id, value, status, warming, reason, eventTime, ageMs, digest }: FeatureEntry, label: string | undefined) => ({
  id,
  ...(label === undefined ? {} : { label }),
  value: value ?? null,
  status,
  ...(warming === undefined ? {} : { warming }),
  ...(reason === undefined ? {} : { reason }),
  event_time: eventTime === undefined ? null : formatInstant(eventTime),
  age_s: ageMs === undefined ? null : ageMs / 1_000,
  digest,
})

const list = defineRoute({
  method: 'GET',
  path: '/features',
  scope: 'features:read',
  tag: 'Features',
  summary: 'The catalogue of features, the sets of the operator, and those that loaded models declared',
  answer: Catalogue,
  codes: [],
  handle: (_asked, { features }) => ({
    catalogue: features.catalogue().map(familyView),
    sets: features.sets().map((set) => setView(set, features.certificates(set))),
  }),
})

type RowRequest = {
  readonly symbol: string
  readonly set: FeatureSet
  readonly origin: { readonly name: string } | { readonly model: string }
  readonly moment: number | undefined
}

/** The newest row of a set with all that is known of its values. */
function rowOf(features: RouteDeps['features'], { symbol, set, origin, moment }: RowRequest): SymbolFeaturesResponse {
  const { asOf, clock, complete } = features.vector(set, symbol, moment)
  const rows = features.describe(set, symbol, asOf).map((entry, column) => valueView(entry, set.spec.labels?.[column]))
  return { symbol, set: { ...origin, digest: set.digest }, as_of: formatInstant(asOf), clock, complete, features: rows }
}

/** The moment that a query asks for; undefined without one. Throws `invalid_timestamp`, and `timestamp_in_future` as predictions do. */
export function momentOf(text: string | undefined, now: number): number | undefined {
  const moment = instantOf(text, 'as_of')
  return moment === undefined ? undefined : notInFuture(moment, { text: text as string, pointer: '/as_of', now })
}

/** The symbol of a path. */
export const SymbolParams = Type.Object(
  { symbol: Type.String({ pattern: symbolPattern, maxLength: 85, examples: ['BTC/USDT'] }) },
  { additionalProperties: false },
)
/** What a query about one model's set says. */
export const setQuery = {
  set: Type.String({ pattern: modelNamePattern, description: 'Name of a set of the operator, or else of the model whose inputs are read' }),
  as_of: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339 with a zone; default: now on the clock of the series' })),
}

const ofSymbol = defineRoute({
  method: 'GET',
  path: '/features/:symbol',
  scope: 'features:read',
  tag: 'Features',
  summary: 'The newest row of one feature set for a symbol (its slash written %2F), as of a moment',
  params: SymbolParams,
  query: Type.Object(setQuery, { additionalProperties: false }),
  answer: SymbolRow,
  codes: ['invalid_symbol', 'invalid_timestamp', 'timestamp_in_future', 'model_not_found', 'version_not_found', 'not_the_writer', 'model_unavailable'],
  async handle({ params, query, call }, { features, models, clock }) {
    const moment = momentOf(query.as_of, clock.now())
    await features.fetch(params.symbol)
    const own = features.sets().find(({ spec }) => spec.name === query.set)
    if (own) return rowOf(features, { ...params, set: own, origin: { name: query.set }, moment })
    using lease = await models.acquire(query.set, 'latest', call.deadline)
    return rowOf(features, { ...params, set: lease.model.features, origin: { model: query.set }, moment })
  },
})

/** GET /features and GET /features/{symbol}. */
export const featureRoutes: readonly Route[] = [list, ofSymbol]
