import { demaKernel, emaKernel, hmaKernel, smaKernel, temaKernel, wmaKernel } from '../kernels/moving-averages.ts'
import { afterBars, anyNumber, bars, chainSettles, type Family, length, positive, stepsToSettle } from './family.ts'

const shared = {
  inputs: ['close'],
  unit: 'price',
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  output: 0,
  range: positive,
} as const satisfies Partial<Family>

const simple = {
  ...shared,
  parameters: [bars('n', 20)],
  kernelKey: ([n]: readonly number[]) => `sma(${n})`,
  kernel: (params: readonly number[]) => smaKernel(length(params)),
  warmUp: afterBars(length),
} as const satisfies Partial<Family>

const exponential = {
  ...shared,
  parameters: [bars('n', 20)],
  kernelKey: ([n]: readonly number[]) => `ema(${n})`,
  kernel: (params: readonly number[]) => emaKernel(length(params)),
  warmUp: (params: readonly number[]) => {
    const n = length(params)
    return { first: n, settled: n + stepsToSettle(1 - 2 / (n + 1)) }
  },
} as const satisfies Partial<Family>

/** Distance of the close from an average, as a share of the average. */
const ratio = { unit: 'ratio', output: 1, range: { min: -1, max: Infinity } } as const satisfies Partial<Family>

/** Simple moving average of the close: mean(C, n). */
export const sma: Family = { ...simple, name: 'sma', summary: 'mean of the last n closes', formula: 'mean(C, n)', source: 'TA-Lib' }

/** Distance from the simple average: C / mean(C, n) - 1. */
export const smaRatio: Family = {
  ...simple,
  ...ratio,
  name: 'sma_ratio',
  summary: 'the close over the mean of the last n closes, minus one',
  formula: 'C / mean(C, n) - 1',
}

/** Exponential moving average of the close: e += (C - e) 2/(n+1). */
export const ema: Family = {
  ...exponential,
  name: 'ema',
  summary: 'exponential average of the close, weight 2/(n+1), seeded with the mean of the first n closes (TA-Lib)',
  formula: 'ema(C, n)',
  source: 'TA-Lib',
}

/** Distance from the exponential average: C / ema(C, n) - 1. */
export const emaRatio: Family = {
  ...exponential,
  ...ratio,
  name: 'ema_ratio',
  summary: 'the close over its exponential average, minus one',
  formula: 'C / ema(C, n) - 1',
}

/** Linearly weighted moving average: sum of (n - k) C[k] over n (n + 1) / 2. */
export const wma: Family = {
  ...shared,
  name: 'wma',
  parameters: [bars('n', 20)],
  summary: 'average of the last n closes with weights 1 to n, the newest heaviest (TA-Lib)',
  formula: 'wma(C, n)',
  source: 'TA-Lib',
  kernelKey: ([n]) => `wma(${n})`,
  kernel: (params) => wmaKernel(length(params)),
  warmUp: afterBars(length),
}

/** Hull's moving average: wma(2 wma(C, n/2) - wma(C, n), sqrt(n)), lengths rounded down. */
export const hma: Family = {
  ...shared,
  cost: 'O(n)',
  name: 'hma',
  parameters: [bars('n', 20, 2)],
  summary: "Hull's moving average: weighted averages combined so that they lag less; lengths are rounded down",
  formula: 'wma(2 wma(C, n/2) - wma(C, n), √n)',
  source: 'Hull 2005',
  kernelKey: ([n]) => `hma(${n})`,
  kernel: (params) => hmaKernel(length(params)),
  warmUp: afterBars((params) => length(params) + Math.floor(Math.sqrt(length(params))) - 1),
  range: anyNumber,
}

/** What chains of exponential averages have in common: their error runs through all of them. */
const chained = (averages: number) =>
  ({
    ...shared,
    parameters: [bars('n', 20)],
    warmUp: (params: readonly number[]) => {
      const n = length(params)
      const first = averages * (n - 1) + 1
      return { first, settled: first + chainSettles(2 / (n + 1), averages) }
    },
    range: anyNumber,
  }) as const satisfies Partial<Family>

/** Double exponential average: 2 e - ema(e, n) with e = ema(C, n). */
export const dema: Family = {
  ...chained(2),
  name: 'dema',
  summary: 'double exponential average of the close (TA-Lib)',
  formula: '2 e - ema(e, n), e = ema(C, n)',
  source: 'Mulloy 1994; TA-Lib',
  kernelKey: ([n]) => `dema(${n})`,
  kernel: (params) => demaKernel(length(params)),
}

/** Triple exponential average: 3 e - 3 f + ema(f, n) with e = ema(C, n) and f = ema(e, n). */
export const tema: Family = {
  ...chained(3),
  name: 'tema',
  summary: 'triple exponential average of the close (TA-Lib)',
  formula: '3 e - 3 f + ema(f, n), e = ema(C, n), f = ema(e, n)',
  source: 'Mulloy 1994; TA-Lib',
  kernelKey: ([n]) => `tema(${n})`,
  kernel: (params) => temaKernel(length(params)),
}
