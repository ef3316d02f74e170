import Type from 'typebox'
import { modelNamePattern } from '../../contracts/manifest.ts'
import { formatInstant } from '../../contracts/instant.ts'
import {
  type FeatureEntry,
  type FeatureFamilyEntry,
  type FeaturesResponse,
  FeaturesResponse as Catalogue,
  SymbolFeaturesResponse,
} from '../../contracts/market.ts'
import type { FeatureSet } from '../../contracts/features.ts'
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

const setView = ({ digest, ids, spec }: FeatureSet): FeaturesResponse['sets'][number] => ({
  digest,
  timeframe: spec.timeframe,
  window: spec.window,
  features: [...ids],
  symbols: [...spec.symbols],
})

const valueView = ({ id, value, status, warming, eventTime, ageMs, digest }: FeatureEntry) => ({
  id,
  value: value ?? null,
  status,
  ...(warming === undefined ? {} : { warming }),
  event_time: eventTime === undefined ? null : formatInstant(eventTime),
  age_s: ageMs === undefined ? null : ageMs / 1_000,
  digest,
})

const list = defineRoute({
  method: 'GET',
  path: '/features',
  scope: 'features:read',
  tag: 'Features',
  summary: 'The catalogue of features, and the sets that loaded models declared',
  answer: Catalogue,
  codes: [],
  handle: (_asked, { features }) => ({ catalogue: features.catalogue().map(familyView), sets: features.sets().map(setView) }),
})

const ofSymbol = defineRoute({
  method: 'GET',
  path: '/features/:symbol',
  scope: 'features:read',
  tag: 'Features',
  summary: 'The newest row of one model’s feature set for a symbol (its slash written %2F), as of a moment',
  params: Type.Object({ symbol: Type.String({ pattern: symbolPattern, maxLength: 85, examples: ['BTC/USDT'] }) }, { additionalProperties: false }),
  query: Type.Object(
    {
      set: Type.String({ pattern: modelNamePattern, description: 'Name of the model whose inputs are read' }),
      as_of: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339 with a zone; default: now on the clock of the series' })),
    },
    { additionalProperties: false },
  ),
  answer: SymbolFeaturesResponse,
  codes: ['invalid_symbol', 'invalid_timestamp', 'model_not_found', 'version_not_found', 'model_unavailable'],
  async handle({ params, query, call }, { features, models }) {
    const moment = instantOf(query.as_of, 'as_of')
    using lease = await models.acquire(query.set, 'latest', call.deadline)
    const set = lease.model.features
    const { asOf, clock, complete } = features.vector(set, params.symbol, moment)
    const rows = features.describe(set, params.symbol, asOf).map(valueView)
    return { symbol: params.symbol, set: { model: query.set, digest: set.digest }, as_of: formatInstant(asOf), clock, complete, features: rows }
  },
})

/** GET /features and GET /features/{symbol}. */
export const featureRoutes: readonly Route[] = [list, ofSymbol]
