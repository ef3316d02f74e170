import { logReturnKernel, rateOfChangeKernel, realisedVolatilityKernel } from '../kernels/returns.ts'
import { anyNumber, bars, type Family, notNegative, parameter } from './family.ts'

const shared = {
  inputs: ['close'],
  version: 1,
  perTimeframe: true,
  output: 0,
  warmUp: (params: readonly number[]) => ({
    first: parameter(params, 0) + 1,
    settled: parameter(params, 0) + 1,
  }),
} as const satisfies Partial<Family>

/** Log return. */
export const logret: Family = {
  ...shared,
  name: 'logret',
  parameters: [bars('k', 1)],
  summary: 'natural logarithm of the close over the close k bars ago',
  kernelKey: ([k]) => `logret(${k})`,
  kernel: (params) => logReturnKernel(parameter(params, 0)),
  range: anyNumber,
}

/** Rate of change in percent. */
export const roc: Family = {
  ...shared,
  name: 'roc',
  parameters: [bars('n', 10)],
  summary: 'change of the close over n bars in percent (TA-Lib)',
  kernelKey: ([n]) => `roc(${n})`,
  kernel: (params) => rateOfChangeKernel(parameter(params, 0)),
  range: { min: -100, max: Infinity },
}

/** Realised volatility. */
export const rv: Family = {
  ...shared,
  name: 'rv',
  parameters: [bars('n', 60)],
  summary: 'square root of the sum of the last n squared log returns, not annualised',
  kernelKey: ([n]) => `rv(${n})`,
  kernel: (params) => realisedVolatilityKernel(parameter(params, 0)),
  range: notNegative,
}
