import { rsiKernel } from '../kernels/rsi.ts'
import { bars, type Family, parameter, stepsToSettle } from './family.ts'

/** Relative strength index: 100 g / (g + l) with g and l Wilder's averages of gains and losses. */
export const rsi: Family = {
  name: 'rsi',
  parameters: [bars('n', 14, 2)],
  summary: "Wilder's relative strength index, 0 to 100 (TA-Lib)",
  formula: '100 g / (g + l), g = wilder(gain, n), l = wilder(loss, n)',
  source: 'Wilder 1978; TA-Lib',
  flatWhen: 'no close has changed since the run began',
  inputs: ['close'],
  unit: 'percent',
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  kernelKey: ([n]) => `rsi(${n})`,
  kernel: (params) => rsiKernel(parameter(params, 0)),
  output: 0,
  warmUp: (params) => {
    const n = parameter(params, 0)
    return { first: n + 1, settled: n + 1 + stepsToSettle((n - 1) / n) }
  },
  range: { min: 0, max: 100 },
}
