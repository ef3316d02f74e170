import type { IncomingMessage } from 'node:http'
import { ServingError } from '../../contracts/error.ts'

const refuse = (message: string): never => {
  throw new ServingError('malformed_http', message)
}

function checkEncoding({ headers }: IncomingMessage): void {
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') refuse('Transfer-Encoding must be chunked or absent')
  if (headers['content-encoding'] !== undefined)
    throw new ServingError('unsupported_media_type', 'Compressed bodies are not accepted; leave Content-Encoding out')
}

/** How often a header is there; Node keeps the first of some, without a word. */
function timesOf(name: string, { rawHeaders }: IncomingMessage): number {
  let times = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const written = rawHeaders[i] as string
    if (written.length === name.length && written.toLowerCase() === name) times += 1
  }
  return times
}

/**
 * What Node's parser lets pass and could desynchronise a proxy: throws `malformed_http` unless there is exactly one Host (HTTP/1.0, which load balancers ask for health with, knows none) and a transfer
 * coding that is understood, `auth_malformed` for more than one Authorization header, `unsupported_media_type` for more than one Content-Type and for compressed bodies.
 */
export function checkFraming(request: IncomingMessage): void {
  const hosts = timesOf('host', request)
  if (hosts > 1) refuse('There is more than one Host header')
  if (hosts === 0 && request.httpVersion !== '1.0') refuse('The Host header is missing')
  if (timesOf('authorization', request) > 1) throw new ServingError('auth_malformed', 'There is more than one Authorization header')
  if (timesOf('content-type', request) > 1) throw new ServingError('unsupported_media_type', 'There is more than one Content-Type header')
  checkEncoding(request)
}
