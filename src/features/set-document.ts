import Type, { type Static } from 'typebox'
import { Errors } from 'typebox/schema'
import { type Document, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { duration, modelNamePattern } from '../contracts/manifest.ts'
import { nearestNames } from '../contracts/nearest-names.ts'
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
const SetSchema = Type.Object(
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
/** What a set file says, once it fits. */
export type SetContent = Static<typeof SetSchema>

/** One thing that is wrong in a set file: `FILE:LINE:COLUMN`, and what to do. */
export type SetProblem = { readonly where: string; readonly message: string }

/** A YAML document whose places can be named. */
export class SetDocument {
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #document: Document
  readonly problems: SetProblem[] = []
  constructor(source: string, file: string) {
    this.#file = file
    this.#document = parseDocument(source, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true, schema: 'core' })
    for (const { pos, message } of this.#document.errors) this.#note(pos[0], message)
  }

  /** What the document says; undefined, and a problem, if it is not plain data. */
  get value(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 0 })
    } catch (error) {
      this.refuse([], `cannot be used: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }

  /** Notes what is wrong with the value at a path, `at` characters behind its beginning. */
  refuse(path: readonly (string | number)[], message: string, at = 0): void {
    const node = path.length === 0 ? this.#document.contents : (this.#document.getIn(path, true) as Node | undefined)
    const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')
    this.#note((node?.range?.[0] ?? 0) + at + (quoted ? 1 : 0), message)
  }

  #note(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset)
    this.problems.push({ where: `${this.#file}:${line}:${col}`, message })
  }
}

type Fault = { readonly instancePath: string; readonly message: string; readonly params: object }

const pathOf = ({ instancePath }: Fault): string[] => instancePath.split('/').slice(1)

function wordsOf({ message, params }: Fault): string {
  const { additionalProperties, allowedValues } = params as { additionalProperties?: readonly string[]; allowedValues?: readonly unknown[] }
  if (message === 'must be string') return 'must be a feature as text; inside [ ] a comma ends a text, so it needs quotes there'
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}`
  const stranger = additionalProperties?.[0]
  if (stranger === undefined) return message
  const near = nearestNames(stranger, Object.keys(SetSchema.properties), 2)
  return `${stranger} has no meaning here${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`
}

/** True if the document fits the schema; else notes why not. */
export function fitsSet(document: SetDocument, value: unknown): value is SetContent {
  const faults = (Errors(SetSchema, value)[1] as readonly Fault[]).filter(({ message }) => message !== 'schema is false')
  // Of a value that fits none of several forms, the deepest place says most.
  const deepest = faults.toSorted((a, b) => pathOf(b).length - pathOf(a).length).slice(0, 1)
  for (const fault of faults.length > 0 ? deepest : []) document.refuse(pathOf(fault), wordsOf(fault))
  return faults.length === 0
}
