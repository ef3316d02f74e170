import { type ErrorCode, errorTable, ServingError } from '../contracts/error.ts'

/** An error as it goes over the wire (RFC 9457): status, extra headers as a flat list, and the JSON text of the body. */
export type Problem = { readonly status: number; readonly headers: readonly string[]; readonly text: string }

/** Which request the error answers; `path` is without the query. */
export type ProblemOf = { readonly requestId: string; readonly path: string }

/** Media type of every error. */
export const problemType = 'application/problem+json'

const usualRetryMs = 1_000
const longestPath = 200

/** When a client may try again; undefined when that is not known or not useful. */
function retryAfterMs(error: ServingError): number | undefined {
  return error.retryAfterMs ?? (error.retryable && errorTable[error.code].status === 503 ? usualRetryMs : undefined)
}

function headersOf(code: ErrorCode, retryMs: number | undefined): string[] {
  const headers = retryMs === undefined ? [] : ['Retry-After', String(Math.max(1, Math.ceil(retryMs / 1_000)))]
  return errorTable[code].status === 401 ? [...headers, 'WWW-Authenticate', 'Bearer'] : headers
}

/** Renders an error, here and nowhere else. Never says more than the table, the message that was written for clients, and the places in the request. */
export function renderProblem(error: ServingError, { requestId, path }: ProblemOf): Problem {
  const { status, title } = errorTable[error.code]
  const retryMs = retryAfterMs(error)
  const text = JSON.stringify({
    type: `/errors/${error.code}`,
    title,
    status,
    detail: error.message.toWellFormed(),
    instance: path.slice(0, longestPath),
    code: error.code,
    request_id: requestId,
    retryable: error.retryable,
    retry_after_ms: retryMs,
    errors: error.places,
  })
  return { status, headers: headersOf(error.code, retryMs), text }
}

/** What the client is told of something that is no `ServingError`: that it happened, and the id under which it was logged. */
export const internalError = (cause: unknown): ServingError =>
  new ServingError('internal', 'Something unexpected happened; it was logged under the request id', { cause })
