import { once } from 'node:events'
import { createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { ServingError } from '../contracts/error.ts'

type Address = { readonly host: string; readonly port: number }

const faults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another program; end that one, or choose another port: --set gateway.port=8081',
  EADDRNOTAVAIL: 'is not an address of this machine: --set gateway.host=127.0.0.1',
  ENOTFOUND: 'is not an address of this machine: --set gateway.host=127.0.0.1',
  EACCES: 'needs rights that this user has not; choose a port above 1023: --set gateway.port=8080',
}

function explained(cause: NodeJS.ErrnoException, { host, port }: Address): Error {
  const fault = faults[cause.code ?? '']
  return fault === undefined ? cause : new ServingError('validation_failed', `${host}:${port} ${fault}`, { cause })
}

/** Begins to answer. Throws `validation_failed` where another address or port helps. */
export const listenAt = (app: FastifyInstance, { host, port }: Address): Promise<string> =>
  app.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
    throw explained(cause, { host, port })
  })

/** Throws what `listenAt` would throw now: before models are loaded in vain, which may take long. */
export async function requireFree({ host, port }: Address): Promise<void> {
  const probe = createServer().listen({ host, port })
  try {
    await once(probe, 'listening')
  } catch (cause) {
    throw explained(cause as NodeJS.ErrnoException, { host, port })
  }
  probe.close()
  await once(probe, 'close')
}
