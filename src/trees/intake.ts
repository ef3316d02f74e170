import type { Ensemble } from './ensemble.ts'
import { rankOf } from './quantise.ts'

/** An input that nodes see as the position of its value among known ones (ascending, no NaN), and as NaN where it is none of them. */
export type Recoding = { readonly input: number; readonly values: Float64Array }

/** What becomes of a row before any node looks at it: rounded to float32, then some inputs rounded down, then some recoded. */
export type Intake = Pick<Ensemble, 'inputs' | 'roundInputs' | 'floorInputs' | 'recodings'>

/** The intake of an ensemble, for those that keep it without the trees. */
export const intakeOf = ({ inputs, roundInputs, floorInputs, recodings }: Ensemble): Intake => ({ inputs, roundInputs, floorInputs, recodings })

/** The position of x among ascending values, NaN if it is none of them. -0 is 0. */
export function codeOf(values: Float64Array, x: number): number {
  const rank = rankOf(values, x)
  return values[rank] === x ? rank : NaN
}

/** Writes a row as the nodes see it into `into`. Never allocates. */
export function takeIn({ inputs, roundInputs, floorInputs, recodings }: Intake, row: Float64Array, into: Float64Array): void {
  // Plain loops: TypedArray.set costs more than a kernel's fixed work on rows of usual length.
  if (roundInputs) for (let i = 0; i < inputs; i++) into[i] = Math.fround(row[i]!)
  else for (let i = 0; i < inputs; i++) into[i] = row[i]!
  for (const input of floorInputs) into[input] = Math.floor(into[input]!)
  for (const { input, values } of recodings) into[input] = codeOf(values, into[input]!)
}

/** A new row: the given one as the nodes see it. */
export function seenRow(intake: Intake, row: Float64Array): Float64Array {
  const seen = new Float64Array(intake.inputs)
  takeIn(intake, row, seen)
  return seen
}
