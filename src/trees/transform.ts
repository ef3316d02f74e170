import type { Ensemble, Transform } from './ensemble.ts'

/** What turns raw scores into outputs. `float32`: by XGBoost's formulas, whose steps are rounded to float32; else by LightGBM's. */
export type Finish = { readonly outputs: number; readonly transform: Transform; readonly divisor: number; readonly float32: boolean }

/** The finish of an ensemble: a random forest divides by its iterations, all others by 1. */
export function finishOf({ outputs, transform, average, trees, leafWidth, roundSums }: Ensemble): Finish {
  return { outputs, transform, divisor: average ? (trees * leafWidth) / outputs : 1, float32: roundSums }
}

const logistic = (slope: number, x: number): number => 1 / (1 + Math.exp(-slope * x))
const sign = (x: number): number => (x > 0 ? 1 : 0) - (x < 0 ? 1 : 0)
const asIs = (x: number): number => x

type Span = { readonly from: number; readonly to: number }

function softmax(out: Float64Array, { from, to }: Span, round: (x: number) => number): void {
  let largest = out[from]!
  for (let k = from + 1; k < to; k++) if (out[k]! > largest) largest = out[k]!
  let sum = 0
  for (let k = from; k < to; k++) {
    out[k] = round(Math.exp(round(out[k]! - largest)))
    sum += out[k]!
  }
  for (let k = from; k < to; k++) out[k] = round(out[k]! / round(sum))
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
    case 'step':
      return x > 0 ? 1 : 0
    case 'identity':
    case 'softmax':
      return x
  }
}

/** XGBoost lets no sigmoid fall below that of this score, so that its exponential stays a float32 number. */
const lowestScore = Math.fround(-88.7)

function finishOneFloat32(transform: Transform, x: number): number {
  return Math.fround(finishOne(transform, transform.kind === 'sigmoid' ? Math.max(x, lowestScore) : x))
}

/** Raw scores of `rows` rows to outputs, in place, by the formulas of LightGBM's ConvertOutput or XGBoost's PredTransform. exp is the JavaScript engine's: within 4 ulp of theirs. */
export function transformOutputs(finish: Finish, out: Float64Array, rows = 1): void {
  const { outputs, transform, divisor, float32 } = finish
  const count = rows * outputs
  if (divisor !== 1) for (let k = 0; k < count; k++) out[k] = out[k]! / divisor
  if (transform.kind === 'identity') return
  if (transform.kind === 'softmax') {
    const round = float32 ? Math.fround : asIs
    for (let from = 0; from < count; from += outputs) softmax(out, { from, to: from + outputs }, round)
    return
  }
  const one = float32 ? finishOneFloat32 : finishOne
  for (let k = 0; k < count; k++) out[k] = one(transform, out[k]!)
}
