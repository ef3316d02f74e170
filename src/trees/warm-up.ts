import type { Ensemble } from './ensemble.ts'
import type { Evaluator } from './evaluator.ts'
import { atOnce, type Steps } from './steps.ts'

/** The batch kernel has a function for every so many rows. */
const rowsPerFunction = 16
const missingEvery = 7
const mostRows = 32
const mostValues = 65_536
const drawsPerInput = 4

/**
 * Rows that walk a forest's trees by many ways, so that the memory they read is at hand: their values are thresholds of nodes here and there; every other row has missing values, for which kernels
 * have loops of their own. Few where there are very many inputs, at least one. The same at every call.
 */
export function rowsToWarm({ inputs, feature, threshold }: Ensemble): Float64Array {
  const count = Math.max(1, Math.min(mostRows, Math.floor(mostValues / inputs)))
  const rows = new Float64Array(count * inputs)
  for (let draw = 0; draw < count * inputs * drawsPerInput && feature.length > 0; draw++) {
    const row = draw % count
    // Steps of the golden ratio's fraction reach all parts of the list evenly (Knuth, "The Art of Computer Programming", 6.4).
    const node = Math.floor(((draw * 0.6180339887498949) % 1) * feature.length)
    rows[row * inputs + feature[node]!] = threshold[node]!
  }
  for (let row = 0; row < count; row += 2) for (let i = row % missingEvery; i < inputs; i += missingEvery) rows[row * inputs + i] = NaN
  return rows
}

/** How often a single row is computed, and how many rows by each function for many. */
export type WarmUp = { readonly calls: number; readonly batchRows: number }

function* batchSteps({ inputs, blockRows, rehearseBatch }: Evaluator, some: Float64Array, batchRows: number): Steps<void> {
  if (rehearseBatch === undefined) return
  const rows = Float64Array.from({ length: blockRows * inputs }, (_, at) => some[at % some.length]!)
  for (let count = rowsPerFunction; count <= blockRows; count += rowsPerFunction)
    for (let done = 0; done < batchRows; done += count) yield* rehearseBatch(rows, count)
}

/** `warmUp` call by call, for a thread that has other things to do as well. */
export function* warmUpSteps(evaluator: Evaluator, rows: Float64Array, { calls, batchRows }: WarmUp): Steps<void> {
  const { inputs, outputs } = evaluator
  const each = Array.from({ length: rows.length / inputs }, (_, r) => rows.subarray(r * inputs, (r + 1) * inputs))
  const out = new Float64Array(outputs)
  for (let call = 0; call < calls; call++) {
    evaluator.predict(each[call % each.length]!, out)
    yield
  }
  yield* batchSteps(evaluator, rows, batchRows)
}

/**
 * Runs an evaluator on such rows until the engine has optimised it: about 1000 calls do, or calls for 1000 rows to each function for many. To be called before the evaluator
 * gets traffic.
 */
export function warmUp(evaluator: Evaluator, rows: Float64Array, much: WarmUp = { calls: 1000, batchRows: 1000 }): void {
  atOnce(warmUpSteps(evaluator, rows, much))
}
