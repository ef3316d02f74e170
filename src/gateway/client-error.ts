import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ErrorCode, ServingError } from '../contracts/error.ts'
import type { Ids } from '../contracts/ports.ts'
import { problemType, renderProblem } from './problem.ts'
import { securityHeaders } from './write-answer.ts'

// An import of node:http would load the WebSocket client that it also offers: a tenth of a start.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** Errors of Node's HTTP parser in our words; all others are `malformed_http`. */
const known: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request line and headers together are larger than 8 KB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions of the body are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time; the connection is closed'],
}

const pairs = (flat: readonly string[]): string => flat.reduce((text, part, i) => text + part + (i % 2 === 0 ? ': ' : '\r\n'), '')

/** A whole HTTP response with a problem, for connections on which no request could be made out; the connection ends with it. */
export function rawProblem(error: ServingError, requestId: string): string {
  const { status, headers, text } = renderProblem(error, { requestId, path: '*' })
  const all = [
    'Content-Type',
    problemType,
    'Content-Length',
    String(Buffer.byteLength(text)),
    'X-Request-Id',
    requestId,
    'Connection',
    'close',
    ...securityHeaders,
    ...headers,
  ]
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${pairs(all)}\r\n${text}`
}

const parserError = ({ code }: { code?: string }): ServingError => {
  const row = code !== undefined && Object.hasOwn(known, code) ? known[code] : undefined
  return row ? new ServingError(row[0], row[1]) : new ServingError('malformed_http', 'The bytes are not a valid HTTP/1.1 request')
}

type ParserError = Error & { readonly code?: string }
/** Node keeps the response that it is writing on the socket. */
type BusySocket = Duplex & { readonly _httpMessage?: ServerResponse | null }

/** Answers what Node's HTTP parser refuses, in the shape of every other error; never writes into a response that has begun. */
export const clientErrorHandler =
  (ids: Ids) =>
  (error: ParserError, socket: Duplex): void => {
    const busy = (socket as BusySocket)._httpMessage
    if (error.code === 'ECONNRESET' || !socket.writable || busy?.headersSent === true) {
      socket.destroy()
      return
    }
    if (busy?.req.complete === true) {
      // A whole request came before the bytes that are none: it gets its answer, and then the connection ends.
      busy.shouldKeepAlive = false
      return
    }
    socket.end(rawProblem(parserError(error), ids()), () => (socket as Socket).destroySoon())
  }
