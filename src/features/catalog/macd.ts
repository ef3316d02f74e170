import { macdKernel, ppoKernel } from '../kernels/macd.ts'
import { anyNumber, bars, type Family, negligible, parameter, stepsToSettle, type WarmUp } from './family.ts'

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

const fastBeforeSlow = (params: readonly number[]) => (parameter(params, 0) < parameter(params, 1) ? undefined : 'fast must be smaller than slow')

const shared = {
  parameters: [bars('fast', 12), bars('slow', 26, 2), bars('signal', 9)],
  source: 'Appel; TA-Lib',
  unit: 'price',
  cost: 'O(1)',
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
  refuse: fastBeforeSlow,
} as const satisfies Partial<Family>

/** Fast minus slow exponential average: ema(C, fast) - ema(C, slow), both seeded on bar `slow`. */
export const macd: Family = {
  ...shared,
  name: 'macd',
  summary: 'fast minus slow exponential average of the close (TA-Lib)',
  formula: 'ema(C, fast) - ema(C, slow)',
  output: 0,
}
/** Exponential average of the MACD line: ema(macd, signal). */
export const macdSignal: Family = {
  ...shared,
  name: 'macd_signal',
  summary: 'exponential average of the MACD line (TA-Lib)',
  formula: 'ema(macd, signal)',
  output: 1,
}
/** MACD line minus its signal. */
export const macdHist: Family = {
  ...shared,
  name: 'macd_hist',
  summary: 'MACD line minus its signal (TA-Lib)',
  formula: 'macd - macd_signal',
  output: 2,
}

/** Percentage price oscillator: 100 (fast - slow) / slow of exponential averages. */
export const ppo: Family = {
  name: 'ppo',
  parameters: [bars('fast', 12), bars('slow', 26, 2)],
  summary: 'fast minus slow exponential average in percent of the slow one: MACD without a unit (TA-Lib)',
  formula: '100 (ema(C, fast) - ema(C, slow)) / ema(C, slow)',
  source: 'TA-Lib',
  inputs: ['close'],
  unit: 'percent',
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  kernelKey: (params) => `ppo(${params.join(',')})`,
  kernel: (params) => ppoKernel(parameter(params, 0), parameter(params, 1)),
  output: 0,
  warmUp: (params) => {
    const slow = parameter(params, 1)
    return { first: slow, settled: slow + stepsToSettle(1 - 2 / (slow + 1)) }
  },
  range: anyNumber,
  refuse: fastBeforeSlow,
}
