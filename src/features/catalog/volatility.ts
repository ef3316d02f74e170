import {
  decayingVolatilityKernel,
  garmanKlassKernel,
  parkinsonKernel,
  rogersSatchellKernel,
  volatilityRatioKernel,
  yangZhangKernel,
} from '../kernels/volatility.ts'
import { afterBars, bars, type Family, length, notNegative, parameter, stepsToSettle } from './family.ts'

const shared = { unit: 'log return', cost: 'O(1)', version: 1, perTimeframe: true, output: 0, range: notNegative } as const satisfies Partial<Family>

/** Decaying volatility: square root of s with s = λ s + (1 - λ) r². */
export const ewmaVol: Family = {
  ...shared,
  name: 'ewma_vol',
  parameters: [{ name: 'lambda', min: 0.5, max: 0.999, whole: false, usual: 0.94 }],
  summary: 'volatility of one bar: squared log returns whose weights shrink by lambda a bar, seeded with the mean of 20',
  formula: '√s, s = lambda s + (1 - lambda) r²',
  source: 'RiskMetrics 1996',
  inputs: ['close'],
  kernelKey: ([lambda]) => `ewma_vol(${lambda})`,
  kernel: (params) => decayingVolatilityKernel(parameter(params, 0)),
  warmUp: (params) => ({ first: 21, settled: 21 + stepsToSettle(parameter(params, 0)) }),
}

/** Ratio of volatilities: root mean square return of `fast` bars over that of `slow`. */
export const volRatio: Family = {
  ...shared,
  name: 'vol_ratio',
  parameters: [bars('fast', 12), bars('slow', 96, 2)],
  summary: 'volatility of the last bars over that of many, both per bar: 1 as usual, more when it rises',
  formula: '√(mean(r², fast) / mean(r², slow))',
  inputs: ['close'],
  unit: 'ratio',
  flatWhen: 'the last closes are equal',
  kernelKey: (params) => `vol_ratio(${params.join(',')})`,
  kernel: (params) => volatilityRatioKernel(parameter(params, 0), parameter(params, 1)),
  warmUp: afterBars((params) => parameter(params, 1) + 1),
  refuse: (params) => (parameter(params, 0) < parameter(params, 1) ? undefined : 'fast must be smaller than slow'),
}

/** Parkinson's volatility: square root of mean(ln(H/L)², n) / (4 ln 2). */
export const parkinson: Family = {
  ...shared,
  name: 'parkinson',
  parameters: [bars('n', 20)],
  summary: 'volatility of one bar from highs and lows',
  formula: '√(mean(ln(H/L)², n) / (4 ln 2))',
  source: 'Parkinson 1980',
  inputs: ['high', 'low'],
  kernelKey: ([n]) => `parkinson(${n})`,
  kernel: (params) => parkinsonKernel(length(params)),
  warmUp: afterBars(length),
}

/** Garman and Klass's volatility: square root of mean(ln(H/L)² / 2 - (2 ln 2 - 1) ln(C/O)², n). */
export const garmanKlass: Family = {
  ...shared,
  name: 'garman_klass',
  parameters: [bars('n', 20)],
  summary: 'volatility of one bar from open, high, low and close',
  formula: '√mean(ln(H/L)² / 2 - (2 ln 2 - 1) ln(C/O)², n)',
  source: 'Garman and Klass 1980',
  inputs: ['open', 'high', 'low', 'close'],
  kernelKey: ([n]) => `garman_klass(${n})`,
  kernel: (params) => garmanKlassKernel(length(params)),
  warmUp: afterBars(length),
}

/** Rogers and Satchell's volatility: square root of mean(ln(H/C) ln(H/O) + ln(L/C) ln(L/O), n). */
export const rogersSatchell: Family = {
  ...shared,
  name: 'rogers_satchell',
  parameters: [bars('n', 20)],
  summary: 'volatility of one bar that a drift does not disturb',
  formula: '√mean(ln(H/C) ln(H/O) + ln(L/C) ln(L/O), n)',
  source: 'Rogers and Satchell 1991',
  inputs: ['open', 'high', 'low', 'close'],
  kernelKey: ([n]) => `rogers_satchell(${n})`,
  kernel: (params) => rogersSatchellKernel(length(params)),
  warmUp: afterBars(length),
}

/** Yang and Zhang's volatility: square root of var(ln(O/C[1])) + k var(ln(C/O)) + (1 - k) rogers_satchell², sample variances. */
export const yangZhang: Family = {
  ...shared,
  name: 'yang_zhang',
  parameters: [bars('n', 20, 2)],
  summary: 'volatility of one bar that neither a drift nor jumps between bars disturb; variances are those of samples, as in the paper',
  formula: '√(var(ln(O/C[1]), n) + k var(ln(C/O), n) + (1 - k) rogers_satchell²), k = 0.34 / (1.34 + (n + 1) / (n - 1))',
  source: 'Yang and Zhang 2000',
  inputs: ['open', 'high', 'low', 'close'],
  kernelKey: ([n]) => `yang_zhang(${n})`,
  kernel: (params) => yangZhangKernel(length(params)),
  warmUp: afterBars((params) => length(params) + 1),
}
