import { ServingError } from '../contracts/error.ts'

/** One column that stands for two classes is the probability p of the second: (1 - p, p). Throws `model_output_invalid` for what is no probability. */
export function withComplement(column: Float64Array): Float64Array {
  const pairs = new Float64Array(column.length * 2)
  for (const [row, p] of column.entries()) {
    if (p < 0 || p > 1)
      throw new ServingError('model_output_invalid', `The model gave ${p} where the probability of the second class belongs: end a network with a sigmoid.`)
    pairs[2 * row] = 1 - p
    pairs[2 * row + 1] = p
  }
  return pairs
}
