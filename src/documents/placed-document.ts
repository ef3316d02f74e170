import type { Static, TSchema } from 'typebox'
import { Errors } from 'typebox/schema'
import { type Document, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { meant } from '../contracts/nearest-names.ts'

/** One thing that is wrong in a file: `FILE:LINE:COLUMN`, and what to do. */
export type Problem = { readonly where: string; readonly message: string }

/** A YAML document whose places can be named. */
export class PlacedDocument {
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #document: Document
  readonly problems: Problem[] = []
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

  /** What the document says, if it fits a schema; else undefined, and why not. `notText` says what is wanted where a text is. */
  read<Schema extends TSchema>(schema: Schema, notText: string): Static<Schema> | undefined {
    const value = this.problems.length === 0 ? this.value : undefined
    if (value === undefined) return undefined
    const faults = (Errors(schema, value)[1] as readonly Fault[]).filter(({ message }) => message !== 'schema is false')
    const [told] = faults.toSorted((a, b) => weight(b) - weight(a))
    if (told) this.refuse(pathOf(told), wordsOf(told, { notText, names: namesOf(schema, told) }))
    return faults.length === 0 ? (value as Static<Schema>) : undefined
  }

  #note(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset)
    this.problems.push({ where: `${this.#file}:${line}:${col}`, message })
  }
}

type Fault = { readonly keyword: string; readonly schemaPath: string; readonly instancePath: string; readonly message: string; readonly params: object }

const pathOf = ({ instancePath }: Fault): string[] => instancePath.split('/').slice(1)

/** Of a value that fits none of several forms, the deepest place says most; of several faults there, one of a form whose kind the value is. */
const weight = (fault: Fault): number => 2 * pathOf(fault).length + (['type', 'anyOf'].includes(fault.keyword) ? 0 : 1)

/** The keys that the form may have in which a fault was found. */
function namesOf(schema: TSchema, { schemaPath }: Fault): string[] {
  const steps = schemaPath.split('/').slice(1)
  const form = steps.reduce<unknown>((inner, step) => (inner as Readonly<Record<string, unknown>> | undefined)?.[step], schema)
  return Object.keys((form as { readonly properties?: object } | undefined)?.properties ?? {})
}

function wordsOf({ message, params }: Fault, { notText, names }: { readonly notText: string; readonly names: readonly string[] }): string {
  const { additionalProperties, allowedValues } = params as { additionalProperties?: readonly string[]; allowedValues?: readonly unknown[] }
  if (message === 'must be string') return notText
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}`
  const stranger = additionalProperties?.[0]
  return stranger === undefined ? message : `${stranger} has no meaning here${meant(stranger, names)}`
}
