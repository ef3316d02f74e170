import type { LoadedModel } from '../contracts/loaded-model.ts'
import { refuse } from '../contracts/model-refusal.ts'
import type { Deadline } from '../contracts/ports.ts'
import { rowText } from './golden-text.ts'
import type { GoldenRows } from './golden.ts'

/** Golden rows in the making: what goes in, and how far answers may be apart. */
export type Question = Pick<GoldenRows, 'count' | 'inputs' | 'tolerance'>

const rowOf = (values: Float64Array, row: number, count: number): Float64Array =>
  values.subarray((row * values.length) / count, ((row + 1) * values.length) / count)

/** The first row of which two matrices differ by more than the tolerance, or where one has no number; -1 where none does. */
function firstDifference({ count, tolerance: { absolute, relative } }: Question, wanted: Float64Array, got: Float64Array): number {
  const at = wanted.findIndex((value, i) => !(Math.abs((got[i] as number) - value) <= absolute + relative * Math.abs(value)))
  return at < 0 ? -1 : Math.floor(at / (wanted.length / count))
}

/** What a model answers for rows, together and one by one. Throws `model_verification_failed` with the row for what is no number and for a row that is answered in two ways. */
export async function goldenAnswers(model: LoadedModel, question: Question, by: Deadline): Promise<Float64Array> {
  const { count, inputs } = question
  const shown = (row: number): string => rowText(rowOf(inputs, row, count))
  const together = await model.predict(inputs, count, by)
  const odd = together.findIndex((value) => !Number.isFinite(value))
  if (odd >= 0)
    throw refuse(`the model answers ${together[odd]} for ${shown(Math.floor(odd / model.outputs))}; bring golden rows of your own if such a row cannot come`)
  const alone = new Float64Array(together.length)
  for (let row = 0; row < count; row += 1) alone.set(await model.predict(rowOf(inputs, row, count).slice(), 1, by), row * model.outputs)
  const other = firstDifference(question, together, alone)
  if (other >= 0)
    throw refuse(
      `the model answers one row in two ways, ${rowText(rowOf(together, other, count))} among others and ${rowText(rowOf(alone, other, count))} alone: ${shown(other)}`,
    )
  return together
}

/** Holds answers to golden rows. Throws `model_verification_failed` with the first row that differs. */
export function holdToGolden(golden: GoldenRows, answers: Float64Array): void {
  if (answers.length !== golden.outputs.length)
    throw refuse(`the model gives ${answers.length / golden.count} outputs a row, the golden rows have ${golden.outputsPerRow}`)
  const row = firstDifference(golden, golden.outputs, answers)
  const of = (values: Float64Array): string => rowText(rowOf(values, row, golden.count))
  if (row >= 0) throw refuse(`golden row ${row} says ${of(golden.outputs)}, the model answers ${of(answers)} for ${of(golden.inputs)}`)
}
