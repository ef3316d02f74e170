import type { CalibrationSpec } from '../contracts/manifest.ts'
import { interpolate } from './reliability.ts'

/** Turns one row of class probabilities into calibrated ones, in place. */
export type Calibrate = (probabilities: Float64Array) => void

const smallest = 1e-15
const clip = (p: number): number => Math.min(1 - smallest, Math.max(smallest, p))
const logit = (p: number): number => Math.log(p / (1 - p))
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/**
 * Platt: sigmoid(a * logit(p) + b), so that a = 1, b = 0 changes nothing. Isotonic: linear between (x, y), clamped. Temperature: softmax(log p / t). With two classes the
 * second one is calibrated and the first is its complement; with more, each class by itself, then scaled to sum 1.
 */
export function makeCalibration(spec: CalibrationSpec | undefined): Calibrate {
  switch (spec?.kind) {
    case undefined:
    case 'none':
      return () => {}
    case 'temperature':
      return softened(spec.t)
    case 'platt':
      return perClass((p) => sigmoid(spec.a * logit(clip(p)) + spec.b))
    case 'isotonic':
      return perClass((p) => interpolate(spec.x, spec.y, p))
  }
}

function perClass(calibrated: (p: number) => number): Calibrate {
  return (row) => {
    if (row.length === 2) {
      row[1] = calibrated(row[1] as number)
      row[0] = 1 - row[1]
      return
    }
    for (let i = 0; i < row.length; i++) row[i] = calibrated(row[i] as number)
    scale(row)
  }
}

function softened(temperature: number): Calibrate {
  return (row) => {
    for (let i = 0; i < row.length; i++) row[i] = Math.exp(Math.log(row[i] as number) / temperature)
    scale(row)
  }
}

/** Scales to sum 1; a row whose sum is 0 keeps its zeros. */
function scale(row: Float64Array): void {
  let sum = 0
  for (const value of row) sum += value
  if (sum > 0) for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / sum
}
