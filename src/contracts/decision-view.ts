import Type, { type Static } from 'typebox'
import { Fallback } from './fallback.ts'
import { Guard, Prediction, PredictRequest } from './predict.ts'

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

const Input = Type.Object({
  id: Type.String(),
  value: nullable(Type.Number()),
  status: Type.String(),
  source: Type.Enum(['caller', 'store', 'fallback']),
  window: Type.Optional(Type.Array(nullable(Type.Number()), { description: 'All rows of this column, oldest first, when the model reads more than one' })),
})

/** Answer of GET /decisions/{id}: all that is needed to recompute an answered prediction. The id of the key that asked is there, the key never. */
export const DecisionView = Type.Object({
  id: Type.String(),
  request_id: Type.String(),
  key_id: Type.String(),
  at: Type.String(),
  request: PredictRequest,
  model: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String() }),
  label: nullable(Type.String()),
  as_of: Type.String(),
  clock: Type.Enum(['live', 'replay']),
  bar_close_time: nullable(Type.String()),
  origin: nullable(Type.String()),
  feature_set_digest: Type.String(),
  inputs: Type.Array(Input),
  output: Type.Array(Type.Number()),
  prediction: Prediction,
  degraded: Type.Boolean(),
  reason: nullable(Type.String()),
  served_by: Type.String(),
  fallback: nullable(Fallback),
  guards: Type.Array(Guard),
  timings_us: Type.Record(Type.String(), Type.Number()),
  variant: nullable(Type.String()),
  experiment: nullable(Type.String()),
})
/** One decision as JSON. */
export type DecisionView = Static<typeof DecisionView>
