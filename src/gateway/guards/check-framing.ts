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

/**
 * What Node's parser lets pass and could desynchronise a proxy: throws `malformed_http` unless there is exactly one Host and at most one Authorization header, and a transfer coding that is understood;
 * `unsupported_media_type` for compressed bodies.
 */
export function checkFraming(request: IncomingMessage): void {
  const raw = request.rawHeaders
  let hosts = 0
  let authorizations = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
    else if (name.length === 13 && name.toLowerCase() === 'authorization') authorizations += 1
  }
  if (hosts !== 1) refuse(hosts === 0 ? 'The Host header is missing' : 'There is more than one Host header')
  if (authorizations > 1) throw new ServingError('auth_malformed', 'There is more than one Authorization header')
  checkEncoding(request)
}
