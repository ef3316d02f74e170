import { bollingerKernel } from '../kernels/bollinger.ts'
import { afterBars, anyNumber, bars, type Family, length, notNegative, parameter } from './family.ts'

const shared = {
  parameters: [bars('n', 20, 2), { name: 'k', min: 0.1, max: 10, whole: false, usual: 2 }],
  source: 'Bollinger; TA-Lib',
  inputs: ['close'],
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  kernelKey: (params: readonly number[]) => `bollinger(${params.join(',')})`,
  kernel: (params: readonly number[]) => bollingerKernel(parameter(params, 0), parameter(params, 1)),
  warmUp: afterBars(length),
} as const satisfies Partial<Family>

/** Position of the close between the Bollinger bands: (C - lower) / (upper - lower). */
export const bbPctb: Family = {
  ...shared,
  name: 'bb_pctb',
  summary: 'where the close lies between the Bollinger bands: 0 lower, 1 upper (mean ± k population deviations)',
  formula: '(C - lower) / (upper - lower)',
  unit: 'ratio',
  flatWhen: 'the last n closes are equal',
  output: 0,
  range: anyNumber,
}
/** Relative width of the Bollinger bands: (upper - lower) / middle. */
export const bbWidth: Family = {
  ...shared,
  name: 'bb_width',
  summary: 'upper minus lower Bollinger band, over the middle',
  formula: '2 k sd(C, n) / mean(C, n)',
  unit: 'ratio',
  output: 1,
  range: notNegative,
}
/** Upper Bollinger band: mean(C, n) + k sd(C, n). */
export const bbUpper: Family = {
  ...shared,
  name: 'bb_upper',
  summary: 'upper Bollinger band: k population deviations above the mean (TA-Lib)',
  formula: 'mean(C, n) + k sd(C, n)',
  unit: 'price',
  output: 2,
  range: anyNumber,
}
/** Lower Bollinger band: mean(C, n) - k sd(C, n). */
export const bbLower: Family = {
  ...shared,
  name: 'bb_lower',
  summary: 'lower Bollinger band: k population deviations below the mean (TA-Lib)',
  formula: 'mean(C, n) - k sd(C, n)',
  unit: 'price',
  output: 3,
  range: anyNumber,
}
