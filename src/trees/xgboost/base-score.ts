import { ModelFormatError } from '../model-format-error.ts'
import { parseXgBoostText } from './json.ts'
import type { Part } from './part.ts'

function numbersOf(text: string, parameters: Part): readonly number[] {
  const fault = (): never => parameters.fail('base_score', `is neither a number nor a list of numbers: "${text.slice(0, 40)}"`)
  try {
    const value = parseXgBoostText(text)
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    return list.map((one) => (typeof one === 'number' ? Math.fround(one) : fault()))
  } catch (cause) {
    if (cause instanceof ModelFormatError) return fault()
    throw cause
  }
}

/**
 * The first addend of every output. The file has a number, or since XGBoost 3.1 a list of them in brackets, one for all outputs or one for each, as the objective's answers are:
 * `link` makes scores of them. Throws ModelFormatError.
 */
export function parseBaseScore(parameters: Part, outputs: number, link: (baseScore: number) => number): Float64Array {
  const scores = numbersOf(parameters.text('base_score'), parameters)
  if (scores.length !== 1 && scores.length !== outputs) parameters.fail('base_score', `has ${scores.length} values for ${outputs} outputs`)
  const base = Float64Array.from({ length: outputs }, (_, k) => link(scores[scores.length === 1 ? 0 : k]!))
  return base.every(Number.isFinite) ? base : parameters.fail('base_score', `has a value that its objective cannot start from`)
}
