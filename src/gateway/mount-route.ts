import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { TSchema } from 'typebox'
import { ServingError } from '../contracts/error.ts'
import { callerLeft } from '../contracts/ports.ts'
import { compileCheck, type ValueCheck } from './check-value.ts'
import type { Cohort } from './cohort.ts'
import { noFields } from './empty-schema.ts'
import type { RouteDeps } from './gateway-deps.ts'
import type { Admission } from './guards/admission.ts'
import { authenticate, hasScope } from './guards/authenticate.ts'
import { checkFraming } from './guards/check-framing.ts'
import { checkLines, takeLines } from './line-intake.ts'
import { RequestCall } from './request-call.ts'
import type { Answering, Responder } from './responder.ts'
import type { Asked, Route } from './route.ts'
import { budgetOf } from './guards/budget.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard of a route, before its body is read. */
    call: RequestCall | null
  }
  interface FastifyContextConfig {
    /** The `list` of the route. */
    list?: string
  }
}

/** What every mounted route shares. */
export type Mounting = { readonly deps: RouteDeps; readonly admission: Admission; readonly responder: Responder; readonly cohort: Cohort }

type Work = { readonly response: ServerResponse; readonly call: RequestCall; readonly about: Answering }

const anonymous = 'anonymous'

/** Everything that is decided from the headers alone, as one function: a hook each would cost more than the checks. */
function guardOf(route: Route, { deps, admission }: Mounting) {
  const { scope, detailScope } = route
  const limits = { usualMs: route.budgetMs ?? deps.config.deadlineMs, mostMs: Math.max(route.budgetMs ?? 0, deps.config.maxDeadlineMs) }
  const enter = (request: FastifyRequest): string => {
    checkFraming(request.raw)
    if (scope === undefined) return anonymous
    admission.check(scope)
    return authenticate(request.headers, scope, deps.keys).id
  }
  const detailed = (request: FastifyRequest): boolean => detailScope !== undefined && hasScope(request.headers, detailScope, deps.keys)
  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    try {
      const keyId = enter(request)
      const budgetMs = budgetOf(request.headers, limits)
      request.call = new RequestCall({ keyId, requestId: request.id, detailed: detailed(request) }, reply.raw, { clock: deps.clock, budgetMs })
    } catch (error) {
      return done(error as Error)
    }
    done()
  }
}

function checkOf(schema: TSchema | undefined): ValueCheck<unknown> {
  return compileCheck(schema ?? noFields)
}

function bodyOf(route: Route): (body: unknown) => unknown {
  const body = checkOf(route.body)
  if (route.method === 'GET') return () => undefined
  return (sent) => {
    if (sent !== undefined) return body.check(sent)
    if (route.body === undefined) return undefined
    if (route.bodyOptional === true) return {}
    throw new ServingError('malformed_json', 'The body is empty; send a JSON object')
  }
}

/** Waits for a handler's promise, but no longer than the deadline: the client gets one answer in any case. */
function answerLater(promise: Promise<unknown>, work: Work, { admission, responder }: Mounting): void {
  const { response, call, about } = work
  let open = true
  const settle = (answer: () => void): void => {
    answer()
    open = false
  }
  const giveUp = (): void => settle(() => (callerLeft(call) ? responder.left(about) : responder.fail(response, call.signal.reason, about)))
  admission.hold(promise)
  call.signal.addEventListener('abort', () => void (open && giveUp()), { once: true })
  promise
    .then((value) => void (open && settle(() => responder.send(response, value, about))))
    .catch((error: unknown) => {
      if (open) settle(() => responder.fail(response, error, about))
      else if (error !== call.signal.reason) responder.tooLate(error, about)
    })
}

/** The checks of a route, then its own handler, or the intake of its lines. */
function handlerOf(route: Route, deps: RouteDeps): (request: FastifyRequest, call: RequestCall) => unknown {
  const readBody = bodyOf(route)
  const query = checkOf(route.query)
  const params = checkOf(route.params)
  const lines = route.lines && checkLines(route.lines)
  return ({ body, query: queried, params: parts }, call) => {
    if (!(body instanceof Readable)) {
      const asked = { body: readBody(body), query: query.check(queried), params: params.check(parts), call, detailed: call.detailed }
      return route.handle(asked as unknown as Asked<never, never, never>, deps)
    }
    query.check(queried)
    if (lines === undefined) throw new ServingError('unsupported_media_type', 'This path takes no stream of lines: send Content-Type: application/json')
    return takeLines(body, lines, { deps, signal: call.signal })
  }
}

/** Puts a route on the server: guard, checks, handler, answer. */
export function mountRoute(app: FastifyInstance, route: Route, mounting: Mounting): void {
  const { deps, admission, responder, cohort } = mounting
  const { config, clock } = deps
  const handle = handlerOf(route, deps)
  const answer = (request: FastifyRequest, reply: FastifyReply): void => {
    const call =
      request.call ?? new RequestCall({ keyId: anonymous, requestId: request.id, detailed: false }, reply.raw, { clock, budgetMs: config.deadlineMs })
    const about = { requestId: call.requestId, route: route.path, startedAt: call.startedAt, url: request.raw.url ?? '' }
    try {
      if (route.scope !== undefined) admission.checkRoom()
      const result = handle(request, call)
      if (result instanceof Promise) answerLater(result, { response: reply.raw, call, about }, mounting)
      else responder.send(reply.raw, result, about)
    } catch (error) {
      responder.fail(reply.raw, error, about)
    }
  }
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack()
    cohort.join(() => answer(request, reply))
  }
  const bodyLimit = Math.min(route.bodyLimitBytes ?? Infinity, config.bodyLimitBytes)
  const listed = route.list === undefined ? {} : { list: route.list }
  app.route({
    method: route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
    url: route.path,
    bodyLimit,
    config: listed,
    onRequest: guardOf(route, mounting),
    handler,
  })
}
