import { williamsKernel } from '../kernels/extremes.ts'
import { stochasticKernel, stochasticRsiKernel } from '../kernels/stochastic.ts'
import { cciKernel, moneyFlowKernel } from '../kernels/typical-price.ts'
import { afterBars, anyNumber, bars, type Family, length, parameter, stepsToSettle } from './family.ts'

const shared = { unit: 'percent', version: 1, perTimeframe: true, output: 0, range: { min: 0, max: 100 } } as const satisfies Partial<Family>

const noRange = 'the highest high of the last n bars equals the lowest low'

const stochastic = {
  ...shared,
  parameters: [bars('n', 14), bars('slowing', 3), bars('smoothing', 3)],
  source: 'Lane; TA-Lib',
  inputs: ['high', 'low', 'close'],
  cost: 'O(1)',
  flatWhen: noRange,
  kernelKey: (params: readonly number[]) => `stoch(${params.join(',')})`,
  kernel: (params: readonly number[]) => stochasticKernel({ length: parameter(params, 0), slowing: parameter(params, 1), smoothing: parameter(params, 2) }),
  warmUp: afterBars((params) => parameter(params, 0) + parameter(params, 1) + parameter(params, 2) - 2),
} as const satisfies Partial<Family>

/** Slow %K of the stochastic: mean of 100 (C - LL) / (HH - LL) over `slowing` bars. */
export const stochK: Family = {
  ...stochastic,
  name: 'stoch_k',
  summary: 'slow %K: where the close lies in the range of n bars, averaged (TA-Lib)',
  formula: 'mean(100 (C - min(L, n)) / (max(H, n) - min(L, n)), slowing)',
}
/** Slow %D of the stochastic: mean of %K over `smoothing` bars. */
export const stochD: Family = {
  ...stochastic,
  name: 'stoch_d',
  summary: 'slow %D: average of %K (TA-Lib)',
  formula: 'mean(stoch_k, smoothing)',
  output: 1,
}

const ofRsi = {
  ...shared,
  version: 2,
  parameters: [bars('rsi', 14, 2), bars('n', 14), bars('slowing', 3), bars('smoothing', 3)],
  source: 'Chande and Kroll 1994; TA-Lib',
  inputs: ['close'],
  cost: 'O(1)',
  flatWhen: 'the relative strength index has not changed for n bars',
  kernelKey: (params: readonly number[]) => `stochrsi(${params.join(',')})`,
  kernel: (params: readonly number[]) =>
    stochasticRsiKernel(parameter(params, 0), { length: parameter(params, 1), slowing: parameter(params, 2), smoothing: parameter(params, 3) }),
  // A narrow range of the index magnifies what is left of its seed: it must be a thousand times smaller than elsewhere.
  warmUp: (params: readonly number[]) => {
    const [rsi, n, slowing, smoothing] = params as [number, number, number, number]
    const first = rsi + n + slowing + smoothing - 2
    return { first, settled: first + stepsToSettle((rsi - 1) / rsi, 1e-12) }
  },
} as const satisfies Partial<Family>

/** %K of the relative strength index: mean of 100 (x - min) / (max - min) over `slowing` bars, x = rsi. */
export const stochRsiK: Family = {
  ...ofRsi,
  name: 'stochrsi_k',
  summary: 'where the relative strength index lies in its range of n bars, averaged',
  formula: 'mean(100 (x - min(x, n)) / (max(x, n) - min(x, n)), slowing), x = rsi',
}
/** %D of the relative strength index: mean of %K over `smoothing` bars. */
export const stochRsiD: Family = {
  ...ofRsi,
  name: 'stochrsi_d',
  summary: 'average of stochrsi_k',
  formula: 'mean(stochrsi_k, smoothing)',
  output: 1,
}

/** Williams' %R: -100 (HH - C) / (HH - LL). */
export const willr: Family = {
  ...shared,
  name: 'willr',
  parameters: [bars('n', 14)],
  summary: "Williams' %R: distance of the close from the highest high in percent of the range (TA-Lib)",
  formula: '-100 (max(H, n) - C) / (max(H, n) - min(L, n))',
  source: 'Williams; TA-Lib',
  inputs: ['high', 'low', 'close'],
  cost: 'O(1)',
  flatWhen: noRange,
  kernelKey: ([n]) => `willr(${n})`,
  kernel: (params) => williamsKernel(length(params)),
  warmUp: afterBars(length),
  range: { min: -100, max: 0 },
}

/** Commodity channel index: (TP - mean(TP, n)) / (0.015 mean absolute deviation). */
export const cci: Family = {
  ...shared,
  name: 'cci',
  parameters: [bars('n', 20, 2)],
  summary: 'distance of the typical price from its mean over 0.015 mean absolute deviations (TA-Lib)',
  formula: '(TP - m) / (0.015 mean(|TP - m|, n)), m = mean(TP, n)',
  source: 'Lambert 1980; TA-Lib',
  inputs: ['high', 'low', 'close'],
  unit: 'deviations',
  cost: 'O(n)',
  flatWhen: 'the last n typical prices are equal',
  kernelKey: ([n]) => `cci(${n})`,
  kernel: (params) => cciKernel(length(params)),
  warmUp: afterBars(length),
  range: anyNumber,
}

/** Money flow index: 100 p / (p + q) with p and q the sums of TP V on bars of rising and of falling TP. */
export const mfi: Family = {
  ...shared,
  name: 'mfi',
  parameters: [bars('n', 14)],
  summary: 'share of the money that was traded while the typical price rose (TA-Lib)',
  formula: '100 p / (p + q), p = sum(TP V where TP > TP[1], n), q = sum(TP V where TP < TP[1], n)',
  source: 'Quong and Soudack 1989; TA-Lib',
  inputs: ['high', 'low', 'close', 'volume'],
  cost: 'O(1)',
  flatWhen: 'nothing was traded on any of the last n bars whose typical price moved',
  kernelKey: ([n]) => `mfi(${n})`,
  kernel: (params) => moneyFlowKernel(length(params)),
  warmUp: afterBars((params) => length(params) + 1),
}
