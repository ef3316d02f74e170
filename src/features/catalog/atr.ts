import { atrKernel } from '../kernels/atr.ts'
import { bars, type Family, notNegative, parameter, stepsToSettle } from './family.ts'

const shared = {
  parameters: [bars('n', 14)],
  inputs: ['high', 'low', 'close'],
  version: 1,
  perTimeframe: true,
  kernelKey: (params: readonly number[]) => `atr(${params.join(',')})`,
  kernel: (params: readonly number[]) => atrKernel(parameter(params, 0)),
  warmUp: (params: readonly number[]) => {
    const n = parameter(params, 0)
    return { first: n + 1, settled: n + 1 + stepsToSettle((n - 1) / n) }
  },
  range: notNegative,
} as const satisfies Partial<Family>

/** Average true range. */
export const atr: Family = {
  ...shared,
  name: 'atr',
  summary: "Wilder's average true range, in units of price (TA-Lib)",
  output: 0,
}
/** Average true range in percent of the close. */
export const natr: Family = {
  ...shared,
  name: 'natr',
  summary: 'average true range in percent of the close (TA-Lib)',
  output: 1,
}
