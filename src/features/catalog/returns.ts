import { logReturnKernel, momentumKernel, rateOfChangeKernel, realisedVolatilityKernel } from '../kernels/returns.ts'
import { afterBars, anyNumber, bars, type Family, length, notNegative } from './family.ts'

const shared = {
  inputs: ['close'],
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  output: 0,
  warmUp: afterBars((params) => length(params) + 1),
} as const satisfies Partial<Family>

/** Log return: ln(C / C[k]). */
export const logret: Family = {
  ...shared,
  name: 'logret',
  parameters: [bars('k', 1)],
  summary: 'natural logarithm of the close over the close k bars ago',
  formula: 'ln(C / C[k])',
  unit: 'log return',
  kernelKey: ([k]) => `logret(${k})`,
  kernel: (params) => logReturnKernel(length(params)),
  range: anyNumber,
}

/** Rate of change in percent: 100 (C / C[n] - 1). */
export const roc: Family = {
  ...shared,
  name: 'roc',
  parameters: [bars('n', 10)],
  summary: 'change of the close over n bars in percent (TA-Lib)',
  formula: '100 (C / C[n] - 1)',
  source: 'TA-Lib',
  unit: 'percent',
  kernelKey: ([n]) => `roc(${n})`,
  kernel: (params) => rateOfChangeKernel(length(params)),
  range: { min: -100, max: Infinity },
}

/** Momentum: C - C[n]. */
export const mom: Family = {
  ...shared,
  name: 'mom',
  parameters: [bars('n', 10)],
  summary: 'change of the close over n bars (TA-Lib)',
  formula: 'C - C[n]',
  source: 'TA-Lib',
  unit: 'price',
  kernelKey: ([n]) => `mom(${n})`,
  kernel: (params) => momentumKernel(length(params)),
  range: anyNumber,
}

/** Realised volatility: square root of sum(r², n). */
export const rv: Family = {
  ...shared,
  name: 'rv',
  parameters: [bars('n', 60)],
  summary: 'square root of the sum of the last n squared log returns, not annualised',
  formula: '√sum(r², n)',
  source: 'Andersen and Bollerslev 1998',
  unit: 'log return',
  kernelKey: ([n]) => `rv(${n})`,
  kernel: (params) => realisedVolatilityKernel(length(params)),
  range: notNegative,
}
