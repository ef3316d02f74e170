import type { Clock, Deadline } from '../../contracts/ports.ts'

/** A signal that aborts at a deadline or when its caller leaves; disposing it frees the timer. */
export type CallBudget = Disposable & { readonly signal: AbortSignal }

/** Starts the clock of one call. */
export function callBudget({ at, signal }: Deadline, clock: Clock): CallBudget {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), Math.max(0, Math.ceil(at - clock.monotonic())))
  return { signal: AbortSignal.any([signal, late.signal]), [Symbol.dispose]: () => clearTimeout(timer) }
}
