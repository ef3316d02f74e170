import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { interpretRaw } from '../../trees/interpret.ts'
import type { ArtefactSpec } from '../runtime.ts'
import { readEnsemble } from './compile-trees.ts'

/** Rows that were explained, and how far base and contributions were from adding up to the raw score, as a share of the largest number of the row. */
export type ExplanationCheck = { readonly rows: number; readonly largestError: number }

const mostRows = 100
const tolerance = 1e-12

function sumError(contributions: Float64Array, raw: Float64Array): number {
  const width = contributions.length / raw.length
  const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE)
  const errors = raw.map((score, k) => {
    const parts = contributions.subarray(k * width, (k + 1) * width)
    return Math.abs(parts.reduce((sum, part) => sum + part, 0) - score) / Math.max(largest(parts), Math.abs(score))
  })
  return Math.max(...errors)
}

/**
 * Explains up to 100 rows of a loaded model and adds each explanation up beside the raw score of the interpreter, before it is rounded to float32 where the format does that. undefined for models that have no
 * explanation. Throws `model_verification_failed` if one does not add up, and what explaining throws.
 */
export async function checkExplanations(
  { spec, runtime }: { readonly spec: ArtefactSpec; readonly runtime: LoadedModel },
  rows: Float64Array,
  deadline: Deadline,
): Promise<ExplanationCheck | undefined> {
  if (runtime.explain === undefined) return undefined
  const ensemble = { ...readEnsemble(spec), roundSums: false }
  const raw = new Float64Array(ensemble.outputs)
  const count = Math.min(mostRows, rows.length / runtime.inputs)
  let largestError = 0
  for (let i = 0; i < count; i++) {
    const row = rows.slice(i * runtime.inputs, (i + 1) * runtime.inputs)
    interpretRaw(ensemble, row, raw)
    const error = sumError(await runtime.explain(row, deadline), raw)
    if (!(error <= tolerance))
      throw new ServingError(
        'model_verification_failed',
        `The explanation of row ${i} does not add up to the raw score (${error.toPrecision(3)} of its largest number away): report it with the model file, for the engine is at fault`,
      )
    largestError = Math.max(largestError, error)
  }
  return { rows: count, largestError }
}
