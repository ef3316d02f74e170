import { ServingError } from '../contracts/error.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'
import { checkDeadline } from './deadline.ts'
import type { ModelPlan } from './model-plan.ts'

/** Rows for one call of a model, row-major. */
export type Rows = { readonly values: Float64Array; readonly count: number }
/** What the model gave, and how long (ms) it took. */
export type Inferred = { readonly output: Float64Array; readonly inferenceMs: number }

/** One call of a model that answers later: it has until the call's deadline, and never longer than `limits.timeout` of its manifest. Throws `deadline_exceeded` and what the model throws. */
export async function infer(
  { model, timeoutMs }: ModelPlan,
  { values, count }: Rows,
  { deadline, clock }: { readonly deadline: Deadline; readonly clock: Clock },
): Promise<Inferred> {
  const before = clock.monotonic()
  const isBound = before + timeoutMs < deadline.at
  const until = isBound ? { at: before + timeoutMs, signal: deadline.signal } : deadline
  try {
    const output = await model.runtime.predict(values, count, until)
    const now = clock.monotonic()
    checkDeadline(until, now)
    return { output, inferenceMs: now - before }
  } catch (cause) {
    const isLate = cause instanceof ServingError && cause.code === 'deadline_exceeded' && !deadline.signal.aborted
    if (!isBound || !isLate) throw cause
    const { name, version } = model.ref
    throw new ServingError('deadline_exceeded', `${name} ${version} took longer than the ${timeoutMs} ms that limits.timeout of its manifest allows`, { cause })
  }
}
