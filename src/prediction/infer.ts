import { ServingError } from '../contracts/error.ts'
import { isRowRefusal } from '../contracts/loaded-model.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'
import type { ServedModel } from '../contracts/served-model.ts'
import { checkDeadline } from './deadline.ts'
import type { ModelPlan } from './model-plan.ts'

/** Rows for one call of a model, row-major. */
export type Rows = { readonly values: Float64Array; readonly count: number }
/** What the model gave, and how long (ms) it took. */
export type Inferred = { readonly output: Float64Array; readonly inferenceMs: number }
/** Who is called, and for how long (ms) at most. */
export type Callee = Pick<ModelPlan, 'timeoutMs'> & { readonly model: Pick<ServedModel, 'ref' | 'runtime'> }
/** Until when, by which clock. */
export type Until = { readonly deadline: Deadline; readonly clock: Clock }

/** One row of a model that computes on the event loop. */
export function inferNow({ model: { runtime } }: ModelPlan, row: Float64Array, clock: Clock): Inferred {
  const output = new Float64Array(runtime.outputs)
  const before = clock.monotonic()
  runtime.predictSync?.(row, output)
  return { output, inferenceMs: clock.monotonic() - before }
}

/** One call of a model that answers later: it has until the call's deadline, and never longer than `limits.timeout` of its manifest. Throws `deadline_exceeded` and what the model throws. */
export async function infer({ model, timeoutMs }: Callee, { values, count }: Rows, { deadline, clock }: Until): Promise<Inferred> {
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

/**
 * All rows in one call of the model. Where a row has it refused, its halves are asked, and theirs, so that each row has what it would have by itself: an answer, or the error that is its own; what
 * ends such a later call (the deadline, say) is the error of the rows that it was for. One refused row of n costs some 2 log2(n) further calls; never are there more than twice as many as rows.
 * Throws what the first call throws, unless that is for a row.
 */
export async function inferEach(callee: Callee, rows: Rows, until: Until): Promise<(Inferred | ServingError)[]> {
  const { outputs } = callee.model.runtime
  try {
    const { output, inferenceMs } = await infer(callee, rows, until)
    return Array.from({ length: rows.count }, (_, row) => ({ output: output.slice(row * outputs, (row + 1) * outputs), inferenceMs }))
  } catch (error) {
    if (!isRowRefusal(error)) throw error
    return rows.count === 1 ? [error] : inferHalves(callee, rows, until)
  }
}

async function inferHalves(callee: Callee, { values, count }: Rows, until: Until): Promise<(Inferred | ServingError)[]> {
  const { inputs } = callee.model.runtime
  const half = count >> 1
  const outcomes: (Inferred | ServingError)[] = []
  for (const [from, to] of [
    [0, half],
    [half, count],
  ] as const) {
    const some = { values: values.subarray(from * inputs, to * inputs), count: to - from }
    const theirs = await inferEach(callee, some, until).catch((error: unknown) => {
      if (error instanceof ServingError) return Array.from({ length: some.count }, () => error)
      throw error
    })
    outcomes.push(...theirs)
  }
  return outcomes
}
