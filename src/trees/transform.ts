import type { Ensemble, Transform } from './ensemble.ts'

/** What turns raw scores into outputs. */
export type Finish = { readonly outputs: number; readonly transform: Transform; readonly divisor: number }

/** The finish of an ensemble: a random forest divides by its iterations, all others by 1. */
export function finishOf({ outputs, transform, average, trees }: Ensemble): Finish {
  return { outputs, transform, divisor: average ? trees / outputs : 1 }
}

const logistic = (slope: number, x: number): number => 1 / (1 + Math.exp(-slope * x))
const sign = (x: number): number => (x > 0 ? 1 : 0) - (x < 0 ? 1 : 0)

function softmax(out: Float64Array, outputs: number): void {
  let largest = out[0]!
  for (let k = 1; k < outputs; k++) if (out[k]! > largest) largest = out[k]!
  let sum = 0
  for (let k = 0; k < outputs; k++) {
    out[k] = Math.exp(out[k]! - largest)
    sum += out[k]!
  }
  for (let k = 0; k < outputs; k++) out[k] = out[k]! / sum
}

function finishOne(transform: Transform, x: number): number {
  switch (transform.kind) {
    case 'sigmoid':
      return logistic(transform.slope, x)
    case 'exponential':
      return Math.exp(x)
    case 'log1p-exponential':
      return Math.log1p(Math.exp(x))
    case 'signed-square':
      return sign(x) * x * x
    case 'identity':
    case 'softmax':
      return x
  }
}

/** Raw scores to outputs, in place, by the formulas of LightGBM's ConvertOutput. Never allocates. exp is the JavaScript engine's: within 4 ulp of LightGBM. */
export function transformOutputs(finish: Finish, out: Float64Array): void {
  const { outputs, transform, divisor } = finish
  if (divisor !== 1) for (let k = 0; k < outputs; k++) out[k] = out[k]! / divisor
  if (transform.kind === 'identity') return
  if (transform.kind === 'softmax') {
    softmax(out, outputs)
    return
  }
  for (let k = 0; k < outputs; k++) out[k] = finishOne(transform, out[k]!)
}
