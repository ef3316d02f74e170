import type { TObject, TSchema } from 'typebox'
import { type ErrorCode, errorTable } from '../../contracts/error.ts'
import type { Route } from '../route.ts'
import { problemType } from '../problem.ts'
import { problemSchema } from './problem-schema.ts'

const keyCodes = ['auth_missing', 'auth_malformed', 'auth_invalid_key', 'scope_missing'] as const
const workCodes = ['overloaded', 'starting', 'draining', 'deadline_exceeded'] as const
const bodyCodes = ['malformed_json', 'validation_failed', 'unknown_field', 'body_too_large', 'unsupported_media_type', 'request_timeout'] as const
const anyCodes = ['malformed_http', 'headers_too_large', 'internal'] as const

/** Every code that a route can answer with: its own, and those of the guards before it. */
export function codesOf(route: Route): readonly ErrorCode[] {
  const { scope, method, query, params, codes } = route
  const fields = query || params || method !== 'GET' ? (['validation_failed', 'unknown_field'] as const) : []
  const all = [...codes, ...(scope ? [...keyCodes, ...workCodes] : []), ...(method === 'GET' ? [] : bodyCodes), ...fields, ...anyCodes]
  const order = Object.keys(errorTable)
  return [...new Set<ErrorCode>(all)].toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
}

function errorAnswers(route: Route): Record<string, object> {
  const byStatus = Map.groupBy(codesOf(route), (code) => errorTable[code].status)
  const entries = [...byStatus].toSorted(([a], [b]) => a - b)
  return Object.fromEntries(
    entries.map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\` ${errorTable[code].title}`).join('; '),
        content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

const parametersOf = (schema: TObject | undefined, place: 'path' | 'query'): object[] =>
  Object.entries((schema?.properties ?? {}) as Record<string, TSchema & { description?: string }>).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || ((schema?.required ?? []) as readonly string[]).includes(name),
    schema: property,
    ...(property.description === undefined ? {} : { description: property.description }),
  }))

/** The time that a request allows: read before everything else of every path that takes a key. */
const timeAllowed = {
  name: 'Request-Timeout-Ms',
  in: 'header',
  required: false,
  schema: { type: 'integer', minimum: 1, maximum: 9_999_999 },
  description: 'Milliseconds that the answer may take; what is usual and what is the most are settings of the server',
} as const

const goodContent = ({ answer }: Route): object => ('mediaType' in answer ? { [answer.mediaType]: {} } : { 'application/json': { schema: answer } })

const bodyContent = ({ body, lines }: Route): object => ({
  'application/json': { schema: body },
  ...(lines === undefined ? {} : { 'application/x-ndjson': { schema: { description: 'A value a line', anyOf: [lines.head, lines.row] } } }),
})

function descriptionOf({ description, scope, detailScope }: Route): { readonly description?: string } {
  const said = [description, scope && `Scope: \`${scope}\`.`, detailScope && `More with scope \`${detailScope}\`.`].filter((part) => part !== undefined)
  return said.length === 0 ? {} : { description: said.join(' ') }
}

function operation(route: Route): object {
  const { tag, summary, body, params, query, scope } = route
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query'), ...(scope === undefined ? [] : [timeAllowed])]
  return {
    tags: [tag],
    summary,
    ...descriptionOf(route),
    security: scope === undefined ? [] : [{ apiKey: [] }, { bearer: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: route.bodyOptional !== true, content: bodyContent(route) } }),
    responses: { '200': { description: summary, content: goodContent(route) }, ...errorAnswers(route) },
  }
}

const openPath = (path: string): string => path.replace(/:([a-z]+)/g, '{$1}')

/** The API as an OpenAPI 3.1 document, made from the routes, their schemas and the error table. */
export function openapiDocument(version: string, routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) (paths[openPath(route.path)] ??= {})[route.method.toLowerCase()] = operation(route)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Presage',
      version,
      description: 'A symbol and a moment in, a signal with its confidence out.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' }, bearer: { type: 'http', scheme: 'bearer' } },
    },
  }
}
