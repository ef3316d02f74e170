import Type, { type Static } from 'typebox'
import { duration, modelNamePattern } from '../contracts/manifest.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'

const strict = { additionalProperties: false } as const
const text = Type.String({ minLength: 1, maxLength: 800 })
const limit = Type.Union([Type.Number(), Type.Null()])
const Column = Type.Union([
  text,
  Type.Object(
    {
      value: text,
      lag: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      range: Type.Optional(Type.Tuple([limit, limit], { description: 'What it can be, both ends included; null where there is no end' })),
    },
    strict,
  ),
])

/** A declared set as an operator writes it: `features` is a list, or names with what they stand for. */
export const SetSchema = Type.Object(
  {
    name: Type.Optional(Type.String({ pattern: modelNamePattern })),
    timeframe: Type.Optional(Type.Enum(Object.keys(timeframes) as Timeframe[])),
    features: Type.Union([Type.Array(Column, { minItems: 1, maxItems: 2000 }), Type.Record(Type.String(), Column)]),
    window: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    symbols: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 85 }), { minItems: 1, maxItems: 1000 })),
    max_age: Type.Optional(duration),
    gaps: Type.Optional(
      Type.Union([
        Type.Literal('restart'),
        Type.Object({ flat: Type.Integer({ minimum: 1, maximum: 1000, description: 'Most bars of a gap that count as empty' }) }, strict),
      ]),
    ),
  },
  strict,
)
/** What a set file says. */
export type SetContent = Static<typeof SetSchema>
