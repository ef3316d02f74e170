import { macdKernel } from '../kernels/macd.ts'
import { anyNumber, bars, type Family, parameter, type WarmUp } from './family.ts'

const negligible = 1e-9

/** Follows unit errors in all seeds through the recursions until none of the three outputs carries 1e-9 of them. */
function warmUp(params: readonly number[]): WarmUp {
  const [fast, slow, signal] = [parameter(params, 0), parameter(params, 1), parameter(params, 2)]
  const first = slow + signal - 1
  let fastError = 1
  let slowError = 1
  let signalError = 1
  let settled = slow
  while (settled < first || fastError + slowError + signalError >= negligible) {
    settled += 1
    fastError *= 1 - 2 / (fast + 1)
    slowError *= 1 - 2 / (slow + 1)
    signalError += (fastError + slowError - signalError) * (2 / (signal + 1))
  }
  return { first, settled }
}

const shared = {
  parameters: [bars('fast', 12), bars('slow', 26, 2), bars('signal', 9)],
  inputs: ['close'],
  version: 1,
  perTimeframe: true,
  kernelKey: (params: readonly number[]) => `macd(${params.join(',')})`,
  kernel: (params: readonly number[]) =>
    macdKernel({
      fast: parameter(params, 0),
      slow: parameter(params, 1),
      signal: parameter(params, 2),
    }),
  warmUp,
  range: anyNumber,
  refuse: (params: readonly number[]) => (parameter(params, 0) < parameter(params, 1) ? undefined : 'fast must be smaller than slow'),
} as const satisfies Partial<Family>

/** Fast minus slow exponential average. */
export const macd: Family = {
  ...shared,
  name: 'macd',
  summary: 'fast minus slow exponential average of the close (TA-Lib)',
  output: 0,
}
/** Exponential average of the MACD line. */
export const macdSignal: Family = {
  ...shared,
  name: 'macd_signal',
  summary: 'exponential average of the MACD line (TA-Lib)',
  output: 1,
}
/** MACD line minus its signal. */
export const macdHist: Family = {
  ...shared,
  name: 'macd_hist',
  summary: 'MACD line minus its signal (TA-Lib)',
  output: 2,
}
