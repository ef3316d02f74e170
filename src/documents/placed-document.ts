import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/schema'
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { allFaults, type SchemaFault } from '../contracts/schema-faults.ts'
import { meant } from '../contracts/nearest-names.ts'

/** One thing that is wrong in a file: `FILE:LINE:COLUMN`, and what to do. */
export type Problem = { readonly where: string; readonly message: string }

/** A YAML document whose places can be named. */
export class PlacedDocument {
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #document: Document
  readonly problems: Problem[] = []
  #plain: unknown
  constructor(source: string, file: string) {
    this.#file = file
    this.#document = parseDocument(source, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true, schema: 'core' })
    for (const { pos, message } of this.#document.errors) this.#note(pos[0], message)
  }

  /** What the document says; undefined, and a problem, if it is not plain data. */
  get value(): unknown {
    try {
      this.#plain = this.#document.toJS({ maxAliasCount: 0 })
      return this.#plain
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

  /** What the document says, if it fits a schema; else undefined, and everything that does not. `notText` says what is wanted where a text is. */
  read<Schema extends TSchema>(schema: Schema, notText: string): Static<Schema> | undefined {
    const value = this.problems.length === 0 ? this.value : undefined
    if (value === undefined) return undefined
    const faults = allFaults(schema, value).filter(({ message }) => message !== 'schema is false')
    for (const told of toldOf(faults)) {
      const message = wordsOf(told, { notText, names: namesOf(schema, told) })
      if (told.stranger === undefined) this.refuse(pathOf(told), message)
      else this.#refuseKey(pathOf(told), told.stranger, message)
    }
    return faults.length === 0 ? (value as Static<Schema>) : undefined
  }

  /** What one key of a document that was read says, if it fits a schema, whatever is wrong with the others; nothing is noted. */
  part<Schema extends TSchema>(key: string, schema: Schema): Static<Schema> | undefined {
    const said = this.#plain as Readonly<Record<string, unknown>> | null | undefined
    const value = typeof said === 'object' && said !== null && Object.hasOwn(said, key) ? said[key] : undefined
    return value !== undefined && Check(schema, value) ? value : undefined
  }

  /** Notes what is wrong with a key itself. */
  #refuseKey(path: readonly string[], key: string, message: string): void {
    const parent = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined
    this.#note((pair?.key as Node | undefined)?.range?.[0] ?? 0, message)
  }

  #note(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset)
    this.problems.push({ where: `${this.#file}:${line}:${col}`, message })
  }
}

/** With the key that has no meaning, if it is about one. */
type Fault = SchemaFault & { readonly stranger?: string }

const pathOf = ({ instancePath }: Fault): string[] => instancePath.split('/').slice(1)

/** Of a value that fits none of several forms, the deepest place says most; of several faults there, one of a form whose kind the value is. */
const weight = (fault: Fault): number => 2 * pathOf(fault).length + (['type', 'anyOf'].includes(fault.keyword) ? 0 : 1)

const strangersOf = ({ params }: Fault): readonly string[] => (params as { additionalProperties?: readonly string[] }).additionalProperties ?? []

/** Where a fault is: a key without a meaning is a place of its own. */
const placeOf = ({ instancePath, stranger }: Fault): string => (stranger === undefined ? instancePath : `${instancePath}/${stranger}`)

/** The faults that say something: of a place the one that says most, none where a deeper one is, and no key that is missing where one is misspelt. */
function toldOf(faults: readonly Fault[]): Fault[] {
  const misspelt = new Set(faults.filter((fault) => strangersOf(fault).length > 0).map(({ instancePath }) => instancePath))
  const each = faults
    .filter(({ keyword, instancePath }) => keyword !== 'required' || !misspelt.has(instancePath))
    .flatMap((fault) => (strangersOf(fault).length === 0 ? [fault] : strangersOf(fault).map((stranger) => ({ ...fault, stranger }))))
  const told = new Map<string, Fault>()
  for (const fault of each.toSorted((a, b) => placeOf(b).split('/').length - placeOf(a).split('/').length || weight(b) - weight(a))) {
    const place = placeOf(fault)
    if (![...told.keys()].some((known) => known === place || known.startsWith(`${place}/`))) told.set(place, fault)
  }
  return each.filter((fault) => told.get(placeOf(fault)) === fault)
}

/** The keys that the form may have in which a fault was found. */
function namesOf(schema: TSchema, { schemaPath }: Fault): string[] {
  const steps = schemaPath.split('/').slice(1)
  const form = steps.reduce<unknown>((inner, step) => (inner as Readonly<Record<string, unknown>> | undefined)?.[step], schema)
  return Object.keys((form as { readonly properties?: object } | undefined)?.properties ?? {})
}

function wordsOf({ message, params, stranger }: Fault, { notText, names }: { readonly notText: string; readonly names: readonly string[] }): string {
  const { allowedValues } = params as { allowedValues?: readonly unknown[] }
  if (message === 'must be string') return notText
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}`
  return stranger === undefined ? message : `${stranger} has no meaning here${meant(stranger, names)}`
}
