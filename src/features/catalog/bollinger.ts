import { bollingerKernel } from '../kernels/bollinger.ts'
import { anyNumber, bars, type Family, notNegative, parameter } from './family.ts'

const shared = {
  parameters: [bars('n', 20, 2), { name: 'k', min: 0.1, max: 10, whole: false, usual: 2 }],
  inputs: ['close'],
  version: 1,
  perTimeframe: true,
  kernelKey: (params: readonly number[]) => `bollinger(${params.join(',')})`,
  kernel: (params: readonly number[]) => bollingerKernel(parameter(params, 0), parameter(params, 1)),
  warmUp: (params: readonly number[]) => ({
    first: parameter(params, 0),
    settled: parameter(params, 0),
  }),
} as const satisfies Partial<Family>

/** Position of the close between the Bollinger bands. */
export const bbPctb: Family = {
  ...shared,
  name: 'bb_pctb',
  summary: 'where the close lies between the Bollinger bands: 0 lower, 1 upper (mean ± k population deviations)',
  flatWhen: 'the last n closes are equal',
  output: 0,
  range: anyNumber,
}
/** Relative width of the Bollinger bands. */
export const bbWidth: Family = {
  ...shared,
  name: 'bb_width',
  summary: 'upper minus lower Bollinger band, over the middle',
  output: 1,
  range: notNegative,
}
