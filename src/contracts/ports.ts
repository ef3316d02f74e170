import { ServingError } from './error.ts'

/** Time as the product sees it: `now` is wall time in ms since the epoch, `monotonic` is ms that never jump. */
export interface Clock {
  now(): number
  monotonic(): number
}

/** Calls back once after some ms; the answer cancels it. */
export type Timer = { after(ms: number, run: () => void): () => void }

/** Randomness in [0, 1). */
export type Random = () => number

/** Ids that sort by time: a new UUIDv7 (RFC 9562) as text at every call. */
export type Ids = () => string

/** A call's budget: `at` is on the monotonic clock (ms), `signal` aborts when the server gives up, with the `ServingError` that says why, or when the caller leaves, with any other reason. */
export type Deadline = { readonly at: number; readonly signal: AbortSignal }

const longestTimerMs = 2 ** 31 - 1

/** A wait as timers take it: from 0 to 24.8 days; they fire at once where it is longer. */
export const timerMs = (ms: number): number => Math.min(longestTimerMs, Math.max(0, ms))

/** Ms until `at` on the monotonic clock, as timers take them. */
export const msUntil = (at: number, clock: Clock): number => timerMs(at - clock.monotonic())
/** True once the caller has left: then nobody hears the answer, and its lack is no fault. */
export const callerLeft = ({ signal }: Pick<Deadline, 'signal'>): boolean => signal.aborted && !(signal.reason instanceof ServingError)
