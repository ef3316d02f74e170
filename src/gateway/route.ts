import type { Static, TObject, TSchema } from 'typebox'
import type { Scope } from '../access/scope.ts'
import type { Call } from '../contracts/call.ts'
import type { ErrorCode } from '../contracts/error.ts'
import type { RouteDeps } from './gateway-deps.ts'
import type { Lines } from './line-intake.ts'

/** What a handler is asked: checked body, query and path, and on whose behalf. */
export type Asked<Body, Query, Params> = {
  readonly body: Body
  readonly query: Query
  readonly params: Params
  readonly call: Call
  readonly detailed: boolean
}

/** One path with one method: everything that is known about it, for serving it and for describing it. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Parameters as `:name`. */
  readonly path: string
  /** Absent: no key is needed, and it is answered even under overload. */
  readonly scope?: Scope
  /** Without a key the route answers in short; with one of this scope `detailed` is true. */
  readonly detailScope?: Scope
  readonly tag: string
  readonly summary: string
  /** What the summary has no room for, in whole sentences. */
  readonly description?: string
  readonly body?: TSchema
  /** The same body as a stream of lines. */
  readonly lines?: Lines
  /** Field of the body whose items are answered each by itself: one that cannot be read is an `UnreadItem`. */
  readonly list?: string
  /** An empty body stands for `{}`. */
  readonly bodyOptional?: boolean
  readonly query?: TObject
  readonly params?: TObject
  /** Schema of the JSON answer, or the media type of another one. */
  readonly answer: TSchema | { readonly mediaType: string }
  /** Errors of the route itself; those of keys, bodies and the server are added. */
  readonly codes: readonly ErrorCode[]
  /** Largest body where it is smaller than the configured limit. */
  readonly bodyLimitBytes?: number
  /** For work that takes longer than a prediction may. */
  readonly budgetMs?: number
  /** A value that becomes JSON with status 200, or a `TextAnswer`; or a promise of one. */
  readonly handle: (asked: Asked<never, never, never>, deps: RouteDeps) => unknown
}

type Declared<B extends TSchema, Q extends TObject, P extends TObject> = Omit<Route, 'body' | 'query' | 'params' | 'handle'> & {
  readonly body?: B
  readonly query?: Q
  readonly params?: P
  readonly handle: (asked: Asked<Static<B>, Static<Q>, Static<P>>, deps: RouteDeps) => unknown
}

/** Declares a route with the types of its schemas. */
export const defineRoute = <B extends TSchema, Q extends TObject, P extends TObject>(route: Declared<B, Q, P>): Route => route
