import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ServingError } from '../contracts/error.ts'
import { clientErrorHandler, rawProblem } from './client-error.ts'
import { addDocs, openDocs } from './docs-page.ts'
import { Cohort } from './cohort.ts'
import { drainServer } from './drain.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import { Admission } from './guards/admission.ts'
import { checkFraming } from './guards/check-framing.ts'
import { KnownPaths } from './known-paths.ts'
import { listenAt } from './listen-at.ts'
import { mountRoute } from './mount-route.ts'
import { openapiDocument } from './openapi/document.ts'
import { parseStrict, requireJsonType } from './parse-strict.ts'
import { requestIdOf } from './request-id.ts'
import { Responder } from './responder.ts'
import { routes } from './routes/index.ts'
import { writeAnswer } from './write-answer.ts'

/** The HTTP side of the process. */
export type GatewayServer = {
  readonly app: FastifyInstance
  /** Starts to answer; gives the address, e.g. `http://127.0.0.1:8080`. */
  listen(): Promise<string>
  /** Requests whose work goes on. */
  inFlight(): number
  /** Answers everything for `lameDuckMs` more, but keeps no connection: for load balancers to notice. Done when that is over. */
  lameDuck(): Promise<void>
  /** Accepts nothing new, finishes what goes on, closes every connection; by force when the drain timeout is over. True if nothing had to be cut off. */
  drain(): Promise<boolean>
}

const headersTimeoutMs = 5_000
const keepAliveMs = 65_000
const connectionsAtMost = 10_000
const requestsPerSocket = 10_000
const headerBytes = 8_192
const longestPart = 300

/** Bodies are held to schemas by us, so Fastify's own compilers are never asked; left out, they would only be loaded. */
function noCompiler(): never {
  throw new TypeError('Routes have no Fastify schemas: see mount-route.ts')
}

/** An instance that answers whatever goes wrong, and paths that are not there, in our words. */
function makeApp(deps: GatewayDeps, responder: Responder): FastifyInstance {
  const { config, ids } = deps
  const app = Fastify({
    genReqId: requestIdOf(ids),
    schemaController: { compilersFactory: { buildValidator: () => noCompiler, buildSerializer: () => noCompiler } },
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    maxRequestsPerSocket: requestsPerSocket,
    bodyLimit: config.bodyLimitBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: longestPart, ignoreTrailingSlash: false, caseSensitive: true },
    http: {
      maxHeaderSize: headerBytes,
      headersTimeout: Math.min(headersTimeoutMs, config.requestTimeoutMs),
      connectionsCheckingInterval: Math.min(1_000, config.requestTimeoutMs),
      requireHostHeader: false,
      highWaterMark: 65_536,
    },
    clientErrorHandler: clientErrorHandler(ids),
    frameworkErrors: (error, request, reply) => responder.failReply(request as FastifyRequest, reply as FastifyReply, error),
  })
  app.setErrorHandler((error, request, reply) => responder.failReply(request, reply, error))
  addNotFound(app, responder, deps)
  return app
}

/** What Node answers by itself, or not at all, unless somebody listens. */
function takeProtocolEvents(app: FastifyInstance, { ids }: GatewayDeps): void {
  const { server } = app
  server.maxConnections = connectionsAtMost
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const requestId = ids()
    const error = new ServingError('expectation_failed', 'The only expectation that is met is 100-continue')
    response.shouldKeepAlive = false
    request.socket.end(rawProblem(error, requestId))
  })
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.end(rawProblem(new ServingError('method_not_allowed', 'CONNECT is not served: this is no proxy'), ids()))
  })
}

/** The refusal of a path that no route has. */
function nothingAt(path: string, known: KnownPaths): ServingError {
  const isMeant = path.endsWith('/') && known.allow(path.slice(0, -1)) !== undefined
  return new ServingError('route_not_found', `There is nothing at this path${isMeant ? ': leave the slash at its end out' : ''}; /docs lists what there is`)
}

/** Paths that do not exist, methods that a path does not take, and OPTIONS. */
function addNotFound(app: FastifyInstance, responder: Responder, { clock }: GatewayDeps): void {
  const known = new KnownPaths(routes)
  app.setNotFoundHandler((request, reply) => {
    const about = { requestId: request.id, route: 'none', startedAt: clock.monotonic(), url: request.url }
    const path = request.url.split('?', 1)[0] as string
    const allow = known.allow(path)
    reply.hijack()
    try {
      checkFraming(request.raw)
    } catch (error) {
      return responder.fail(reply.raw, error, { ...about, headers: ['Connection', 'close'] })
    }
    if (allow === undefined) return responder.fail(reply.raw, nothingAt(path, known), about)
    if (request.method === 'OPTIONS') return writeAnswer(reply.raw, request.id, { status: 204, text: '', type: 'text/plain', headers: ['Allow', allow] })
    return responder.fail(reply.raw, new ServingError('method_not_allowed', `This path takes ${allow}`), { ...about, headers: ['Allow', allow] })
  })
}

function addBodyParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (request.is404) return done(null, undefined)
    requireJsonType(request.headers['content-type'])
    done(null, bytes.length === 0 ? undefined : parseStrict(bytes, request.routeOptions.config.list))
  })
  app.addContentTypeParser('application/x-ndjson', (request, payload, done) => done(null, request.is404 ? undefined : payload))
}

/** Builds the server with every route; it does not listen yet. */
export async function createServer(deps: GatewayDeps): Promise<GatewayServer> {
  const admission = new Admission(deps.config.maxInFlight, deps.readiness)
  const responder = new Responder(deps, admission)
  const cohort = new Cohort()
  const app = makeApp(deps, responder)
  const document = openapiDocument(deps.version, routes)
  app.decorateRequest('call', null)
  takeProtocolEvents(app, deps)
  addBodyParser(app)
  addDocs(app, () => openDocs(makeApp(deps, responder), document))
  for (const route of routes) mountRoute(app, route, { deps: { ...deps, document }, admission, responder, cohort })
  await app.ready()
  return {
    app,
    listen: () => listenAt(app, deps.config),
    inFlight: () => admission.inFlight,
    lameDuck() {
      admission.phase = 'lame_duck'
      return delay(deps.config.lameDuckMs)
    },
    drain: () => drainServer(app, admission, deps.config.drainTimeoutMs),
  }
}
