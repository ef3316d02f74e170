import { type Clock, type Deadline, msUntil } from '../../contracts/ports.ts'

/** A signal that aborts at a deadline, when its caller leaves, or when `closed` does; disposing it frees what it waits with. */
export type CallBudget = Disposable & { readonly signal: AbortSignal }

/** Starts the clock of one call. */
export function callBudget({ at, signal }: Deadline, clock: Clock, closed: AbortSignal): CallBudget {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), Math.ceil(msUntil(at, clock)))
  const close = (): void => over.abort(closed.reason)
  closed.addEventListener('abort', close, { once: true })
  const free = (): void => {
    clearTimeout(timer)
    closed.removeEventListener('abort', close)
  }
  return { signal: AbortSignal.any([signal, over.signal]), [Symbol.dispose]: free }
}
