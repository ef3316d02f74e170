import { errorTable, ServingError } from '../contracts/error.ts'
import type { VersionName } from '../registry/registry.ts'

/**
 * Why a version is not in memory, and on the monotonic clock until when it is left alone; `print` is what its folder looked like before the load. `isRefusal`: for what its files say, so that only other files will help,
 * and not for memory, time or a process that died, of which nothing follows for the version.
 */
export type LoadFailure = {
  readonly error: unknown
  readonly reason: string
  readonly isRefusal: boolean
  readonly print: string
  readonly attempts: number
  readonly until: number
}

const firstWaitMs = 5_000
const longestWaitMs = 60_000
const longestWaitOfRefusedMs = 600_000

/** How long a load is not tried again at the most. Memory may be free again at any moment. */
function longestWait(error: unknown, isRefusal: boolean): number {
  if (isRefusal) return longestWaitOfRefusedMs
  return error instanceof ServingError && error.code === 'model_memory_exceeded' ? firstWaitMs : longestWaitMs
}

/** Remembers a failed load: 5 s, and twice as long each time while its files stay as they are, up to 1 min, or 10 where they were refused. */
export function loadFailure(error: unknown, before: LoadFailure | undefined, { print, now }: { readonly print: string; readonly now: number }): LoadFailure {
  const isRefusal = error instanceof ServingError && errorTable[error.code].status < 500
  const attempts = before?.print === print ? before.attempts + 1 : 1
  const wait = Math.min(firstWaitMs * 2 ** (attempts - 1), longestWait(error, isRefusal))
  return { error, reason: error instanceof Error ? error.message : String(error), isRefusal, print, attempts, until: now + wait }
}

/** Says as much as clients can use: the model's fault is not theirs, so what its files are refused for becomes `model_unavailable` with the version and the reason. */
export function asUnavailable(error: unknown, { name, version, failure }: VersionName & { readonly failure: LoadFailure | undefined }, now: number): unknown {
  if (!(error instanceof ServingError)) return error
  const isOurs = error.code === 'model_loading' || error.code === 'model_memory_exceeded' || error.code === 'draining'
  if (isOurs) return error
  const wait = failure === undefined ? (error.retryAfterMs ?? 0) : failure.until - now
  const retry = wait > 0 ? { retryAfterMs: Math.ceil(wait) } : {}
  return new ServingError('model_unavailable', `${name} ${version} cannot be served: ${error.message}`, { cause: error, ...retry })
}
