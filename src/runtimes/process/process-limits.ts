import { ServingError } from '../../contracts/error.ts'
import type { ProcessInfo } from './message.ts'

/** Bounds of one inference process, all with defaults (`defaultLimits`). */
export type ProcessLimits = {
  /** Longest time from the start to `ready`. */
  readonly startMs: number
  /** How long after a deadline a silent process is believed to be alive. */
  readonly graceMs: number
  /** How often it must say that it is alive; a silent one is ended `graceMs` after the next beat. */
  readonly heartbeatMs: number
  /** Calls, and bytes of resident memory, after which a fresh process takes its place. */
  readonly recycleCalls: number
  readonly recycleBytes: number
  /** Calls, and bytes of their tensors, that may wait for an answer. */
  readonly maxCalls: number
  readonly maxBytes: number
  /** Wait before a restart: doubles from the first to the longest, and begins anew after a process has stayed up for `steadyMs`. */
  readonly backoff: { readonly baseMs: number; readonly capMs: number }
  readonly steadyMs: number
}

/** The bounds that hold unless a caller says otherwise. */
export const defaultLimits: ProcessLimits = {
  startMs: 60_000,
  graceMs: 1_000,
  heartbeatMs: 1_000,
  recycleCalls: Infinity,
  recycleBytes: Infinity,
  maxCalls: 256,
  maxBytes: 64 << 20,
  backoff: { baseMs: 50, capMs: 30_000 },
  steadyMs: 60_000,
}

/** Throws `model_memory_exceeded` for a process that would be replaced without end, since it takes more than `recycleBytes` from its beginning. */
export function requireRoom({ rssBytes }: ProcessInfo, { recycleBytes }: ProcessLimits): void {
  if (rssBytes <= recycleBytes) return
  const [taken, allowed] = [Math.ceil(rssBytes / 2 ** 20), Math.floor(recycleBytes / 2 ** 20)]
  throw new ServingError(
    'model_memory_exceeded',
    `The process of the loaded model takes ${taken} MiB, limits.memory (models.processMemoryMb where that is not set) allows ${allowed} MiB: allow it more`,
  )
}
