import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorTable, ServingError } from '../contracts/error.ts'
import { toServingError } from './framework-error.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import type { Admission } from './guards/admission.ts'
import { problemType, renderProblem } from './problem.ts'
import { RequestMeter } from './request-meter.ts'
import { TextAnswer, writeAnswer } from './write-answer.ts'

/** What is answered, and since when it has been worked on (monotonic ms). */
export type Answering = { readonly requestId: string; readonly route: string; readonly startedAt: number; readonly url: string }

/** What is counted where the client left before his answer: nginx's number for it, which nobody is sent. */
const clientLeft = 499

/** Path of a request target, without its query. */
export const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** Gives every request its one answer, good or bad, and counts it. */
export class Responder {
  readonly #deps: Pick<GatewayDeps, 'log' | 'clock'>
  readonly #admission: Pick<Admission, 'phase'>
  readonly #meter: RequestMeter
  constructor(deps: Pick<GatewayDeps, 'log' | 'clock' | 'meter'>, admission: Pick<Admission, 'phase'>) {
    this.#deps = deps
    this.#admission = admission
    this.#meter = new RequestMeter(deps.meter)
  }

  /** A value as JSON with 200, or the answer that a handler made itself. */
  send(response: ServerResponse, value: unknown, about: Answering): void {
    if (this.#admission.phase !== 'serving') response.shouldKeepAlive = false
    const answer = value instanceof TextAnswer ? value : { text: JSON.stringify(value), status: 200, type: 'application/json' }
    this.#give(response, answer, about)
  }

  /** A problem; anything but a `ServingError` is logged whole and told as `internal`. */
  fail(response: ServerResponse, thrown: unknown, about: Answering & { readonly headers?: readonly string[] }): void {
    const error = toServingError(thrown)
    this.#log(error, about)
    if (this.#admission.phase !== 'serving') response.shouldKeepAlive = false
    const { status, headers, text } = renderProblem(error, { requestId: about.requestId, path: pathOf(about.url) })
    this.#give(response, { status, text, type: problemType, headers: about.headers ? [...headers, ...about.headers] : headers }, about)
  }

  /** For a client who left before his answer: counted, and no fault. */
  left(about: Answering): void {
    this.#count(about, clientLeft)
  }

  /** For what work ends with after its request was settled: nobody is told, and a bug is logged all the same. */
  tooLate(thrown: unknown, about: Answering): void {
    const error = toServingError(thrown)
    if (error.code === 'internal') this.#log(error, about)
  }

  /** For what reaches the framework's error handler: bodies that were refused, guards, pages. */
  failReply(request: FastifyRequest, reply: FastifyReply, thrown: unknown): void {
    const closing = reply.getHeader('connection') === 'close'
    reply.hijack()
    const about = {
      requestId: request.id,
      route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
      startedAt: this.#deps.clock.monotonic(),
      url: request.url,
    }
    this.fail(reply.raw, thrown, closing ? { ...about, headers: ['Connection', 'close'] } : about)
  }

  #log(error: ServingError, { requestId, route }: Answering): void {
    if (error.code === 'internal') this.#deps.log.error({ request_id: requestId, route, err: error.cause }, 'unexpected error')
    else if (error.cause !== undefined || errorTable[error.code].category === 'system')
      this.#deps.log.warn({ request_id: requestId, route, code: error.code, err: error.cause }, error.message)
  }

  #give(response: ServerResponse, answer: Parameters<typeof writeAnswer>[2], about: Answering): void {
    if (response.headersSent) return
    this.#count(about, writeAnswer(response, about.requestId, answer) ? answer.status : clientLeft)
  }

  #count({ route, startedAt }: Answering, status: number): void {
    this.#meter.observe(route, status, (this.#deps.clock.monotonic() - startedAt) / 1_000)
  }
}
