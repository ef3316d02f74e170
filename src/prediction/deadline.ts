import { ServingError } from '../contracts/error.ts'
import type { Deadline } from '../contracts/ports.ts'

/** Throws `deadline_exceeded` when the call's time is up at a monotonic moment. Leaves the signal alone: it costs a timer and a controller, and before anything was awaited it cannot have aborted. */
export function checkTime({ at }: Pick<Deadline, 'at'>, monotonicMs: number): void {
  if (monotonicMs > at)
    throw new ServingError('deadline_exceeded', `The time for this request ran out ${Math.ceil(monotonicMs - at)} ms ago; ask again with a longer deadline`)
}

/** Throws `deadline_exceeded` when the call's time is up at a monotonic moment, or its signal has aborted meanwhile. */
export function checkDeadline(deadline: Deadline, monotonicMs: number): void {
  checkTime(deadline, monotonicMs)
  if (deadline.signal.aborted) throw new ServingError('deadline_exceeded', 'The request was given up before it was answered')
}
