import Type from 'typebox'
import { errorTable } from '../../contracts/error.ts'

const Place = Type.Object({
  pointer: Type.String({ description: 'RFC 6901, into the body, the query or the path' }),
  rule: Type.String(),
  got: Type.Optional(Type.Unknown()),
})

/** Body of every error (RFC 9457). */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: 'Path of a description of the code' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong and what to do' }),
    instance: Type.String(),
    code: Type.Enum(Object.keys(errorTable)),
    request_id: Type.String(),
    retryable: Type.Boolean({ description: 'The same request may succeed later' }),
    retry_after_ms: Type.Optional(Type.Number()),
    errors: Type.Optional(Type.Array(Place)),
  },
  { additionalProperties: false },
)
