import { Compile } from 'typebox/schema'
import type { Static, TSchema } from 'typebox'
import { type ErrorCode, type ErrorPlace, ServingError } from '../contracts/error.ts'
import { faultsAtMost, type SchemaFault as SchemaError } from '../contracts/schema-faults.ts'
import { meantSymbol } from '../contracts/symbol.ts'
import { pointerTo } from './json-walk.ts'

// One wrong `number | null` makes three errors.
const placesAtMost = faultsAtMost / 4

type Problem = ErrorPlace & { readonly code: ErrorCode }

/** What stood there, short and safe to send back: texts are cut, objects and arrays are only counted. */
export function preview(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, 100).toWellFormed()
  if (Array.isArray(value)) return `array of ${value.length}`
  if (typeof value === 'object' && value !== null) return `object with ${Object.keys(value).length} fields`
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

function valueAt(root: unknown, pointer: string): unknown {
  let value = root
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

const instantFields = ['timestamp', 'as_of', 'from', 'to']

function codeOf({ keyword, instancePath: pointer, schemaPath }: SchemaError, got: unknown): ErrorCode {
  const field = pointer.slice(pointer.lastIndexOf('/') + 1)
  if (keyword === 'boolean' && schemaPath.endsWith('/additionalProperties')) return 'unknown_field'
  if (pointer === '/requests' && keyword === 'maxItems') return 'batch_too_large'
  if (typeof got === 'number' && !Number.isFinite(got)) return 'non_finite_feature'
  if (typeof got !== 'string') return 'validation_failed'
  if (field === 'symbol') return 'invalid_symbol'
  return instantFields.includes(field) ? 'invalid_timestamp' : 'validation_failed'
}

function symbolRule(got: unknown): string {
  const meant = typeof got === 'string' ? meantSymbol(got) : undefined
  return `must be BASE/QUOTE in capitals${meant === undefined ? ', e.g. BTC/USDT' : `: ${meant}`}`
}

const ruleOf = (code: ErrorCode, message: string, got: unknown): string => {
  if (code === 'unknown_field') return 'is not a field'
  if (code === 'invalid_symbol') return symbolRule(got)
  return code === 'invalid_timestamp' ? 'must be an RFC 3339 instant with a zone, e.g. 2024-01-15T10:30:00Z' : message
}

/** What a schema error wants; alternatives of a union are all named. */
function wordsOf({ keyword, instancePath, params, message }: SchemaError, all: readonly SchemaError[]): string {
  if (keyword === 'enum') return `must be one of ${(params as { allowedValues: readonly unknown[] }).allowedValues.join(', ')}`
  if (keyword !== 'anyOf') return keyword === 'boolean' ? 'is one value too many' : message
  const alternatives = all.filter((other) => other.instancePath === instancePath && other.schemaPath.includes('/anyOf/'))
  return [...new Set(alternatives.map((other) => other.message))].join(' or ')
}

/** The problems of one schema error; alternatives of a union become one problem that names them all. */
function problemsOf(error: SchemaError, all: readonly SchemaError[], root: unknown): Problem[] {
  const { keyword, instancePath, params, schemaPath } = error
  if (keyword === 'additionalProperties' || schemaPath.includes('/anyOf/')) return []
  if (keyword === 'required') {
    const { requiredProperties } = params as { requiredProperties: readonly string[] }
    return requiredProperties.map((name) => ({ code: 'validation_failed', pointer: pointerTo(instancePath, name), rule: 'is required' }))
  }
  const got = valueAt(root, instancePath)
  const code = codeOf(error, got)
  return [{ code, pointer: instancePath, rule: ruleOf(code, wordsOf(error, all), got), got: got === undefined ? 'undefined' : preview(got) }]
}

/** The refusal of a value: its code says what all problems have in common, its places list them. */
function refusal(errors: readonly SchemaError[], value: unknown): ServingError {
  const problems = errors
    .flatMap((error) => problemsOf(error, errors, value))
    .filter(({ pointer, rule }, i, all) => all.findIndex((other) => other.pointer === pointer && other.rule === rule) === i)
  const codes = new Set(problems.map(({ code }) => code))
  const code = codes.size === 1 ? (problems[0] as Problem).code : 'validation_failed'
  const places = problems.slice(0, placesAtMost).map(({ pointer, rule, got }) => (got === undefined ? { pointer, rule } : { pointer, rule, got }))
  const said = places.slice(0, 3).map(({ pointer, rule }) => `${pointer === '' ? 'the body' : pointer} ${rule}`)
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : ''
  return new ServingError(code, said.join('; ').slice(0, 1_000) + more, { places })
}

/** A check that was compiled once. `accepts` only tells; `check` throws `validation_failed` or a more exact code with every problem and its place; neither changes the value. */
export type ValueCheck<T> = { accepts(value: unknown): value is T; check(value: unknown): T }

/** Compiles a schema into a check. */
export function compileCheck<S extends TSchema>(schema: S): ValueCheck<Static<S>> {
  const validator = Compile(schema)
  const accepts = (value: unknown): value is Static<S> => validator.Check(value)
  return {
    accepts,
    check(value) {
      if (accepts(value)) return value
      throw refusal(validator.Errors(value)[1], value)
    },
  }
}
