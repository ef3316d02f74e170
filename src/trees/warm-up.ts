import type { Evaluator } from './evaluator.ts'

/** The batch kernel has a function for every so many rows. */
const rowsPerFunction = 16
const missingEvery = 7

/** A made-up value of a row; every other row has missing values, for which kernels have loops of their own. */
const madeUp = (row: number, i: number): number => ((row + i) % missingEvery === 0 && row % 2 === 0 ? NaN : ((row * 31 + i * 17) % 101) / 25 - 2)

function warmUpBatches({ inputs, outputs, blockRows, predictBatch }: Evaluator, calls: number): void {
  const rows = Float64Array.from({ length: blockRows * inputs }, (_, at) => madeUp(Math.floor(at / inputs), at % inputs))
  const out = new Float64Array(blockRows * outputs)
  for (let count = rowsPerFunction; count <= blockRows; count += rowsPerFunction) for (let done = 0; done < calls; done += count) predictBatch(rows, count, out)
}

/** Runs an evaluator on made-up rows until the engine has optimised it: about 1000 calls do, or calls for 1000 rows to each function for many. To be called before the evaluator gets traffic. */
export function warmUp(evaluator: Evaluator, calls = 1000): void {
  const row = new Float64Array(evaluator.inputs)
  const out = new Float64Array(evaluator.outputs)
  for (let call = 0; call < calls; call++) {
    for (let i = 0; i < row.length; i++) row[i] = madeUp(call, i)
    evaluator.predict(row, out)
  }
  warmUpBatches(evaluator, calls)
}
