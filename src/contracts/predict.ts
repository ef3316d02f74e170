import Type, { type Static } from 'typebox'
import { Fallback } from './fallback.ts'
import { symbolPattern } from './symbol.ts'

const strict = { additionalProperties: false } as const
const nullableNumber = Type.Union([Type.Number(), Type.Null()])

/** Parts of the answer that a client may ask for. */
export const includeParts = ['features', 'timing', 'guards', 'explanation'] as const
/** One of `includeParts`. */
export type IncludePart = (typeof includeParts)[number]

const Symbol = Type.String({ pattern: symbolPattern, maxLength: 85, description: 'ccxt notation, e.g. BTC/USDT', examples: ['BTC/USDT'] })
const Timestamp = Type.String({
  minLength: 20,
  maxLength: 40,
  format: 'date-time',
  description: 'The as-of moment, RFC 3339 with a zone; default: now on the clock of the series',
})
const Features = Type.Record(Type.String({ maxLength: 100 }), nullableNumber, {
  description: 'Values that the caller supplies; the others come from the feature service. null = missing.',
})
const Model = Type.String({ minLength: 1, maxLength: 64, description: 'Default: the route of the symbol' })
const Version = Type.String({ minLength: 1, maxLength: 64, description: 'A version (1.2.3 or v1.2.3) or a label; default latest' })
const Include = Type.Array(Type.Enum([...includeParts]), {
  maxItems: 8,
  uniqueItems: true,
  description: 'Extra parts of the answer; explanation: single predictions only',
})

/** Body of POST /predict. */
export const PredictRequest = Type.Object(
  {
    symbol: Symbol,
    timestamp: Type.Optional(Timestamp),
    features: Type.Optional(Features),
    model: Type.Optional(Model),
    model_version: Type.Optional(Version),
    include: Type.Optional(Include),
  },
  strict,
)
/** A checked body of POST /predict. */
export type PredictRequest = Static<typeof PredictRequest>

/** Most items in one batch. */
export const maxBatchItems = 256
const BatchItem = Type.Object({ symbol: Symbol, timestamp: Type.Optional(Timestamp), features: Type.Optional(Features) }, strict)
/** Body of POST /predict/batch. */
export const PredictBatchRequest = Type.Object(
  {
    requests: Type.Array(BatchItem, { minItems: 1, maxItems: maxBatchItems }),
    model: Type.Optional(Model),
    model_version: Type.Optional(Version),
    include: Type.Optional(Include),
  },
  strict,
)
/** A checked body of POST /predict/batch. */
export type PredictBatchRequest = Static<typeof PredictBatchRequest>

/** The three signals. */
export const signals = ['BUY', 'SELL', 'HOLD'] as const
/** One of `signals`. */
export type SignalName = (typeof signals)[number]

/** What a model says of a symbol at a moment. */
export const Prediction = Type.Object({
  signal: Type.Enum([...signals]),
  confidence: Type.Number(),
  probability: Type.Optional(Type.Number()),
  probabilities: Type.Optional(Type.Record(Type.String(), Type.Number())),
  value: Type.Optional(Type.Number()),
  unit: Type.Optional(Type.String()),
})
/** Signal, confidence and what they rest on (semantics 17). */
export type Prediction = Static<typeof Prediction>

const ModelInfo = Type.Object({ name: Type.String(), version: Type.String(), training_date: Type.String(), accuracy: Type.Union([Type.Number(), Type.Null()]) })
/** Which version answered; `version` is written with the `v`. */
export type ModelInfo = Static<typeof ModelInfo>

const FeatureValue = Type.Object({
  id: Type.String(),
  value: nullableNumber,
  status: Type.String(),
  source: Type.Enum(['caller', 'store', 'fallback']),
  event_time: Type.Union([Type.String(), Type.Null()]),
  age_s: nullableNumber,
})
/** A guard as JSON. */
export const Guard = Type.Object({
  guard: Type.String(),
  verdict: Type.Enum(['pass', 'warn']),
  value: nullableNumber,
  limit: nullableNumber,
  detail: Type.String(),
})
/** One check that the inputs passed, or passed with a warning. */
export type Guard = Static<typeof Guard>

/** A prediction explained as JSON. */
export const Explanation = Type.Object(
  {
    space: Type.Literal('raw_score'),
    class: Type.Optional(Type.String({ description: 'The class whose raw score this is: of two the second, of more the most probable' })),
    base: Type.Number({ description: 'The raw score expected of a row of which nothing is known' }),
    contributions: Type.Array(
      Type.Object({
        id: Type.String(),
        lag: Type.Optional(Type.Integer({ description: 'Bars before the newest; absent where the model sees one bar' })),
        value: Type.Number(),
      }),
    ),
  },
  { description: 'Shapley values of the raw score, the largest first: base and contributions add up to it' },
)
/** What each input contributed to a raw score (semantics 23). */
export type Explanation = Static<typeof Explanation>

const answerParts = {
  id: Type.String(),
  symbol: Type.String(),
  prediction: Prediction,
  as_of: Type.String(),
  clock: Type.Enum(['live', 'replay']),
  degraded: Type.Boolean(),
  reason: Type.Optional(Type.String()),
  served_by: Type.Enum(['primary', 'fallback']),
  fallback: Type.Optional(Fallback),
  features: Type.Optional(Type.Array(FeatureValue)),
  timing: Type.Optional(Type.Record(Type.String(), Type.Number())),
  guards: Type.Optional(Type.Array(Guard)),
  explanation: Type.Optional(Explanation),
}
/** Answer of POST /predict. */
export const PredictResponse = Type.Object({ ...answerParts, model_info: ModelInfo, timestamp: Type.String() })
/** An answer of POST /predict; `timestamp` is when it was given. */
export type PredictResponse = Static<typeof PredictResponse>

const ItemError = Type.Object({ code: Type.String(), message: Type.String(), retryable: Type.Boolean() })
const FailedItem = Type.Object({ symbol: Type.String(), error: ItemError })
/** Answer of POST /predict/batch, in request order: one bad item never fails the others. */
export const PredictBatchResponse = Type.Object({
  predictions: Type.Array(Type.Union([Type.Object(answerParts), FailedItem])),
  model_info: ModelInfo,
  timestamp: Type.String(),
})
/** An answer of POST /predict/batch. */
export type PredictBatchResponse = Static<typeof PredictBatchResponse>
