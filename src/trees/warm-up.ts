import type { Evaluator } from './evaluator.ts'

const missingEvery = 7

/** Runs an evaluator on made-up rows, every other one with missing values, for which kernels have loops of their own, until the engine has optimised it: about 1000 calls do. To be called before the evaluator gets traffic. */
export function warmUp(evaluator: Evaluator, calls = 1000): void {
  const row = new Float64Array(evaluator.inputs)
  const out = new Float64Array(evaluator.outputs)
  for (let call = 0; call < calls; call++) {
    for (let i = 0; i < row.length; i++) row[i] = (call + i) % missingEvery === 0 && call % 2 === 0 ? NaN : ((call * 31 + i * 17) % 101) / 25 - 2
    evaluator.predict(row, out)
  }
}
