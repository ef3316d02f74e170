import Type, { type Static } from 'typebox'
import { ServingError } from '../../contracts/error.ts'
import {
  maxBatchItems,
  PredictBatchRequest,
  type PredictBatchResponse,
  PredictBatchResponse as BatchAnswer,
  PredictRequest,
  PredictResponse,
} from '../../contracts/predict.ts'
import { compileCheck } from '../check-value.ts'
import { defineRoute, type Route } from '../route.ts'
import { UnreadItem } from '../unread-item.ts'

const singleBodyBytes = 65_536
const modelCodes = ['model_not_found', 'version_not_found', 'no_model_for_symbol', 'model_output_invalid', 'worker_crashed'] as const
const laterCodes = [
  'model_loading',
  'model_unavailable',
  'circuit_open',
  'model_memory_exceeded',
  'features_stale',
  'features_unavailable',
  'not_the_writer',
] as const
const itemCodes = ['invalid_symbol', 'invalid_timestamp', 'timestamp_in_future', 'non_finite_feature', 'missing_feature', 'unknown_feature'] as const
const codes = [...itemCodes, ...modelCodes, ...laterCodes]

type Item = Static<typeof PredictBatchRequest>['requests'][number]
type Answers = Static<typeof BatchAnswer>['predictions']
/** The envelope is checked as a whole, each item by itself, so that a bad item does not fail the others. */
const Envelope = Type.Object(
  { ...PredictBatchRequest.properties, requests: Type.Array(Type.Object({ symbol: Type.String() }), { minItems: 1, maxItems: maxBatchItems }) },
  { additionalProperties: false },
)
const item = compileCheck(PredictBatchRequest.properties.requests.items)
const wholeBatch = compileCheck(PredictBatchRequest)

function refusalOf(value: unknown): ServingError | undefined {
  if (value instanceof UnreadItem) return value.refusal
  try {
    item.check(value)
    return undefined
  } catch (error) {
    if (error instanceof ServingError) return error
    throw error
  }
}

function refuseAll(body: Static<typeof Envelope>): void {
  for (const one of body.requests) if (one instanceof UnreadItem) throw one.whole
  wholeBatch.check(body)
}

/** Puts the refused items back among the answers, in the order of the request. */
function merge(requests: readonly { readonly symbol: string }[], refusals: readonly (ServingError | undefined)[], answers: Answers): Answers {
  let next = 0
  return requests.map(({ symbol }, i) => {
    const refusal = refusals[i]
    if (refusal === undefined) return answers[next++] as Answers[number]
    return {
      symbol: symbol.slice(0, 100).toWellFormed(),
      error: { code: refusal.code, message: refusal.message, retryable: refusal.retryable },
    }
  })
}

const single = defineRoute({
  method: 'POST',
  path: '/predict',
  scope: 'predict',
  tag: 'Predictions',
  summary: 'One symbol in, one signal out',
  body: PredictRequest,
  answer: PredictResponse,
  codes: [...codes, 'explanation_unavailable'],
  bodyLimitBytes: singleBodyBytes,
  handle: ({ body, call }, { predictions }) => predictions.predict(body, call),
})

const batch = defineRoute({
  method: 'POST',
  path: '/predict/batch',
  scope: 'predict',
  tag: 'Predictions',
  summary: 'Many symbols, one version; a bad item gets its own error and does not fail the others',
  body: Envelope,
  list: 'requests',
  answer: BatchAnswer,
  codes: [...codes, 'batch_too_large'],
  async handle({ body, call }, { predictions }): Promise<PredictBatchResponse> {
    const refusals = body.requests.map(refusalOf)
    const good = body.requests.filter((_, i) => refusals[i] === undefined) as Item[]
    // With no item left there is no version to name: then the request itself is refused, with every problem.
    if (good.length === 0) refuseAll(body)
    const answer = await predictions.predictBatch({ ...body, requests: good }, call)
    return good.length === body.requests.length ? answer : { ...answer, predictions: merge(body.requests, refusals, answer.predictions) }
  },
})

/** POST /predict and POST /predict/batch. */
export const predictRoutes: readonly Route[] = [single, batch]
