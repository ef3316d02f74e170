import { emaKernel, smaKernel } from '../kernels/moving-averages.ts'
import { bars, type Family, parameter, positive, stepsToSettle } from './family.ts'

/** Simple moving average of the close. */
export const sma: Family = {
  name: 'sma',
  parameters: [bars('n', 20)],
  summary: 'mean of the last n closes',
  inputs: ['close'],
  version: 1,
  perTimeframe: true,
  kernelKey: ([n]) => `sma(${n})`,
  kernel: (params) => smaKernel(parameter(params, 0)),
  output: 0,
  warmUp: (params) => ({ first: parameter(params, 0), settled: parameter(params, 0) }),
  range: positive,
}

/** Exponential moving average of the close. */
export const ema: Family = {
  name: 'ema',
  parameters: [bars('n', 20)],
  summary: 'exponential average of the close, weight 2/(n+1), seeded with the mean of the first n closes (TA-Lib)',
  inputs: ['close'],
  version: 1,
  perTimeframe: true,
  kernelKey: ([n]) => `ema(${n})`,
  kernel: (params) => emaKernel(parameter(params, 0)),
  output: 0,
  warmUp: (params) => {
    const n = parameter(params, 0)
    return { first: n, settled: n + stepsToSettle(1 - 2 / (n + 1)) }
  },
  range: positive,
}
