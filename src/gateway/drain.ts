import type { FastifyInstance } from 'fastify'
import type { Admission } from './guards/admission.ts'

const sweepMs = 50

/**
 * Ends a server: nothing new is accepted, what goes on is finished, idle connections are closed as they become idle (keep-alive would hold the process for a minute), and after `timeoutMs` the rest is cut
 * off. Answers true if nothing had to be.
 */
export async function drainServer(app: FastifyInstance, admission: Admission, timeoutMs: number): Promise<boolean> {
  admission.phase = 'closing'
  let clean = true
  const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs)
  const hardStop = setTimeout(() => {
    clean = false
    app.server.closeAllConnections()
  }, timeoutMs)
  try {
    await app.close()
  } finally {
    clearInterval(sweep)
    clearTimeout(hardStop)
  }
  return clean
}
