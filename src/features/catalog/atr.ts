import { atrKernel } from '../kernels/atr.ts'
import { bars, type Family, length, notNegative, stepsToSettle } from './family.ts'

const shared = {
  parameters: [bars('n', 14)],
  source: 'Wilder 1978; TA-Lib',
  inputs: ['high', 'low', 'close'],
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  kernelKey: (params: readonly number[]) => `atr(${params.join(',')})`,
  kernel: (params: readonly number[]) => atrKernel(length(params)),
  warmUp: (params: readonly number[]) => {
    const n = length(params)
    return { first: n + 1, settled: n + 1 + stepsToSettle((n - 1) / n) }
  },
  range: notNegative,
} as const satisfies Partial<Family>

/** Average true range: wilder(TR, n). */
export const atr: Family = {
  ...shared,
  name: 'atr',
  summary: "Wilder's average true range, in units of price (TA-Lib)",
  formula: 'wilder(TR, n)',
  unit: 'price',
  output: 0,
}
/** Average true range in percent of the close: 100 wilder(TR, n) / C. */
export const natr: Family = {
  ...shared,
  name: 'natr',
  summary: 'average true range in percent of the close (TA-Lib)',
  formula: '100 wilder(TR, n) / C',
  unit: 'percent',
  output: 1,
}
