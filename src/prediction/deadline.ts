import { ServingError } from '../contracts/error.ts'
import type { Deadline } from '../contracts/ports.ts'

/** Throws `deadline_exceeded` when the call's time is up at a monotonic moment, or its signal has aborted. */
export function checkDeadline({ at, signal }: Deadline, monotonicMs: number): void {
  if (monotonicMs > at)
    throw new ServingError('deadline_exceeded', `The time for this request ran out ${Math.ceil(monotonicMs - at)} ms ago; ask again with a longer deadline`)
  if (signal.aborted) throw new ServingError('deadline_exceeded', 'The request was given up before it was answered')
}
