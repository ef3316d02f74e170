import { type ErrorCode, ServingError } from '../contracts/error.ts'
import { internalError } from './problem.ts'

/** Errors of the HTTP framework that are the client's doing, in our words. */
const known: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than this path takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as Content-Type: application/json, in UTF-8 and not compressed'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_http', 'The body has another length than Content-Length says'],
  FST_ERR_BAD_URL: ['malformed_http', 'The request target is not a valid path'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'A part of the path is too long'],
  ECONNRESET: ['malformed_http', 'The connection ended before the request was complete'],
}

/** Anything that was thrown, as the error that a client gets. */
export function toServingError(error: unknown): ServingError {
  if (error instanceof ServingError) return error
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const row = Object.hasOwn(known, code) ? known[code] : undefined
  return row ? new ServingError(row[0], row[1]) : internalError(error)
}
