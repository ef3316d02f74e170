import { ServingError } from '../../contracts/error.ts'
import type { Tensor, TensorData } from '../process/tensor.ts'
import type { InputTensor } from './input-tensors.ts'

/** What rows are: ids of the columns of a vector, vectors in a row, and the inputs of the graph that they become. */
export type RowLayout = { readonly features: readonly string[]; readonly window: number; readonly inputs: readonly InputTensor[] }

type Taken = { readonly values: Float64Array; readonly nameOf: (at: number) => string }

/** The values that an input takes of each row, one row after the other. */
function taken(rows: Float64Array, { columns, window }: InputTensor, layout: RowLayout): Taken {
  const width = layout.features.length
  if (columns === undefined) return { values: rows, nameOf: (at) => layout.features[at % width] as string }
  const vectors = rows.length / width
  const skipped = layout.window - window
  const values = new Float64Array((vectors / layout.window) * window * columns.length)
  let to = 0
  for (let vector = 0; vector < vectors; vector += 1) {
    if (vector % layout.window < skipped) continue
    for (const column of columns) values[to++] = rows[vector * width + column] as number
  }
  return { values, nameOf: (at) => layout.features[columns[at % columns.length] as number] as string }
}

/** The same numbers as int64: what is none is the caller's to mend, never rounded. */
function wholeNumbers({ values, nameOf }: Taken): BigInt64Array {
  const whole = new BigInt64Array(values.length)
  for (const [at, value] of values.entries()) {
    if (Number.isNaN(value))
      throw new ServingError('missing_feature', `${nameOf(at)} is missing: the model takes a whole number there, for which nothing stands in`)
    if (!Number.isSafeInteger(value)) throw new ServingError('validation_failed', `${nameOf(at)} is ${value}; the model takes a whole number below 2^53 there`)
    whole[at] = BigInt(value)
  }
  return whole
}

function dataOf(rows: Float64Array, input: InputTensor, layout: RowLayout): TensorData {
  const part = taken(rows, input, layout)
  if (input.type === 'int64') return wholeNumbers(part)
  return input.type === 'float32' ? Float32Array.from(part.values) : part.values
}

/**
 * Rows as the tensors of a graph. Float32 is IEEE 754 round to nearest, ties to even (numpy's astype): beyond its range ±Infinity; NaN stays NaN. Throws
 * `missing_feature` and `validation_failed` for what is no int64 where the graph takes one.
 */
export const toTensors = (rows: Float64Array, count: number, layout: RowLayout): readonly Tensor[] =>
  layout.inputs.map((input) => ({ name: input.name, shape: [count, ...input.rowShape], data: dataOf(rows, input, layout) }))
