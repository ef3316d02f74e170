import { type ErrorCode, ServingError } from '../../contracts/error.ts'
import type { Reply } from './exchange.ts'

type Meaning = readonly [code: ErrorCode, says: string]

const redirected: Meaning = ['model_unavailable', 'redirects, which is not followed: name the place itself in the url of the endpoint']
const unauthorized: Meaning = ['model_unavailable', 'wants to know who asks: set models.remoteAuthorization, and "authorization": true in the endpoint']
const busy: Meaning = ['model_unavailable', 'cannot answer now']
const failed: Meaning = ['model_output_invalid', 'failed on these rows; the server log has its words']
const meanings: Readonly<Record<number, Meaning>> = {
  401: unauthorized,
  403: unauthorized,
  404: ['model_unavailable', 'does not serve this model: is it loaded there, under this name and version?'],
  429: busy,
  502: busy,
  503: busy,
  504: busy,
}

/** A reply that is no answer, as the error that the caller gets. */
export function refusalOf(reply: Reply, host: string): ServingError {
  if (reply.kind === 'unreachable') return new ServingError('model_unavailable', `The remote server ${host} cannot be reached (${reply.why})`)
  const { status, retryAfterMs } = reply
  const [code, says] = meanings[status] ?? (status >= 300 && status < 400 ? redirected : failed)
  return new ServingError(code, `The remote server ${host} ${says} (HTTP ${status})`, retryAfterMs === undefined ? {} : { retryAfterMs })
}
