import type { Contestant } from './contestant.ts'
import { filesOf, folder } from './workshop.ts'
import type { ContestModel } from './models.ts'
import { readDoubles } from './rows-file.ts'

const answers = `${folder}answers.f64`

/** The largest difference to what was wanted, as a share of the largest value wanted; Infinity where there are not as many values. */
function largestError(got: Float64Array, wanted: Float64Array): number {
  if (got.length !== wanted.length) return Infinity
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(got[i]! - value) / scale), 0)
}

async function answersOf(contestant: Contestant, kind: 'single' | 'batch' | 'contributions'): Promise<Float64Array> {
  await contestant.answer(kind, answers)
  return readDoubles(answers)
}

/** Holds a contestant to LightGBM's raw scores of all rows, one by one and as a batch. Tolerance 0 = to the bit. Throws if it answers something else. */
export async function checkScores(contestant: Contestant, model: ContestModel, tolerance: number): Promise<void> {
  const wanted = readDoubles(filesOf(model).raw)
  for (const kind of ['single', 'batch'] as const) {
    const error = largestError(await answersOf(contestant, kind), wanted)
    if (!(error <= tolerance))
      throw new Error(`${contestant.name} on ${model.name} (${kind}): its answers differ from LightGBM's by ${error.toExponential(1)} of the largest`)
  }
}

/** Holds the contributions of two contestants to each other. */
export async function checkContributions(one: Contestant, other: Contestant, tolerance: number): Promise<void> {
  const error = largestError(await answersOf(one, 'contributions'), await answersOf(other, 'contributions'))
  if (!(error <= tolerance)) throw new Error(`contributions of ${one.name} and ${other.name} differ by ${error.toExponential(1)} of the largest`)
}
