import { errorTable, ServingError } from '../contracts/error.ts'
import type { VersionName } from '../registry/registry.ts'

/** Why a version is not in memory, and on the monotonic clock until when it is left alone; `print` is what its folder looked like before the load. */
export type LoadFailure = { readonly error: unknown; readonly reason: string; readonly print: string; readonly attempts: number; readonly until: number }

const firstWaitMs = 5_000
const longestWaitMs = 600_000

/** Refused for what its files say, so that only other files will help: not for memory, time or a process that died. */
const isRefusal = (error: unknown): boolean => error instanceof ServingError && errorTable[error.code].status < 500

/** Remembers a failed load: 5 s, and for files that stay as they are twice as long each time, up to 10 min. */
export function loadFailure(error: unknown, before: LoadFailure | undefined, { print, now }: { readonly print: string; readonly now: number }): LoadFailure {
  const attempts = before?.print === print ? before.attempts + 1 : 1
  const wait = isRefusal(error) ? Math.min(firstWaitMs * 2 ** (attempts - 1), longestWaitMs) : firstWaitMs
  return { error, reason: error instanceof Error ? error.message : String(error), print, attempts, until: now + wait }
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
