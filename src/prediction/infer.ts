import { ServingError } from '../contracts/error.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'
import { checkDeadline } from './deadline.ts'
import type { ModelPlan } from './model-plan.ts'

/** Rows for one call of a model, row-major. */
export type Rows = { readonly values: Float64Array; readonly count: number }
/** What the model gave, and how long (ms) it took. */
export type Inferred = { readonly output: Float64Array; readonly inferenceMs: number }

/** One row of a model that computes on the event loop. */
export function inferNow({ model: { runtime } }: ModelPlan, row: Float64Array, clock: Clock): Inferred {
  const output = new Float64Array(runtime.outputs)
  const before = clock.monotonic()
  runtime.predictSync?.(row, output)
  return { output, inferenceMs: clock.monotonic() - before }
}

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
