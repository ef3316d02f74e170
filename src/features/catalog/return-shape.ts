import { autocorrelationKernel, returnShapeKernel, varianceRatioKernel } from '../kernels/return-shape.ts'
import { afterBars, anyNumber, bars, type Family, length, notNegative, parameter } from './family.ts'

const shared = {
  inputs: ['close'],
  unit: 'ratio',
  version: 1,
  perTimeframe: true,
  flatWhen: 'the last n log returns are equal',
} as const satisfies Partial<Family>

const moments = {
  ...shared,
  parameters: [bars('n', 60, 3)],
  cost: 'O(1)',
  kernelKey: ([n]: readonly number[]) => `return_shape(${n})`,
  kernel: (params: readonly number[]) => returnShapeKernel(length(params)),
  warmUp: afterBars((params) => length(params) + 1),
} as const satisfies Partial<Family>

/** Skewness of log returns: mean((r - m)³, n) / sd(r, n)³. */
export const skew: Family = {
  ...moments,
  name: 'skew',
  summary: 'skewness of the last n log returns, of the population',
  formula: 'mean((r - m)³, n) / sd(r, n)³, m = mean(r, n)',
  output: 0,
  range: anyNumber,
}
/** Excess kurtosis of log returns: mean((r - m)⁴, n) / sd(r, n)⁴ - 3. */
export const kurt: Family = {
  ...moments,
  name: 'kurt',
  summary: 'excess kurtosis of the last n log returns, of the population: 0 for a normal distribution',
  formula: 'mean((r - m)⁴, n) / sd(r, n)⁴ - 3, m = mean(r, n)',
  output: 1,
  range: { min: -2, max: Infinity },
}

/** Autocorrelation of log returns at lag 1: below 0 they tend to turn, above to go on. */
export const autocorr1: Family = {
  ...shared,
  name: 'autocorr1',
  parameters: [bars('n', 60, 3)],
  summary: 'autocorrelation at lag 1 of the last n log returns: below 0 they tend to turn, above 0 to go on',
  formula: 'Σ (r - m)(r[1] - m) / Σ (r - m)², m = mean(r, n)',
  cost: 'O(n)',
  kernelKey: ([n]) => `autocorr1(${n})`,
  kernel: (params) => autocorrelationKernel(length(params)),
  output: 0,
  warmUp: afterBars((params) => length(params) + 1),
  range: { min: -1, max: 1 },
}

/** Variance ratio: variance of k-bar log returns over k times that of single ones. */
export const varianceRatio: Family = {
  ...shared,
  name: 'variance_ratio',
  parameters: [bars('k', 5, 2), bars('n', 120, 3)],
  summary: 'variance of overlapping k-bar log returns over k times that of single ones: 1 for a random walk, less when prices turn, more when they trend',
  formula: 'var(Σ k r, n) / (k var(r, n)), unbiased',
  source: 'Lo and MacKinlay 1988',
  cost: 'O(n)',
  kernelKey: (params) => `variance_ratio(${params.join(',')})`,
  kernel: (params) => varianceRatioKernel(parameter(params, 0), parameter(params, 1)),
  output: 0,
  warmUp: afterBars((params) => parameter(params, 1) + 1),
  range: notNegative,
  refuse: (params) => (parameter(params, 0) < parameter(params, 1) ? undefined : 'k must be smaller than n'),
}
