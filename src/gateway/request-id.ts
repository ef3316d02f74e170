import type { IncomingMessage } from 'node:http'
import type { Ids } from '../contracts/ports.ts'

const echoable = /^[A-Za-z0-9._:-]{1,128}$/

/** The client's X-Request-Id if it is harmless, else a new id. */
export const requestIdOf =
  (ids: Ids) =>
  (request: IncomingMessage): string => {
    const sent = request.headers['x-request-id']
    return typeof sent === 'string' && echoable.test(sent) ? sent : ids()
  }
