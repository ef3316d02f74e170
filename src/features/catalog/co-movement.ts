import { coMovementKernel, logDistance, premium } from '../kernels/co-movement.ts'
import { afterBars, anyNumber, bars, type Family, length } from './family.ts'

const shared = {
  partner: true,
  parameters: [bars('n', 60, 2)],
  inputs: ['close', 'partnerClose'],
  unit: 'ratio',
  cost: 'O(n)',
  version: 1,
  perTimeframe: true,
  kernelKey: ([n]: readonly number[]) => `co_movement(${n})`,
  kernel: (params: readonly number[]) => coMovementKernel(length(params)),
  warmUp: afterBars((params) => length(params) + 1),
} as const satisfies Partial<Family>

/** Beta to another symbol: cov(r, q, n) / var(q, n), q its log returns at the same times. */
export const beta: Family = {
  ...shared,
  name: 'beta',
  summary: 'slope of the last n log returns on those of another symbol at the same times',
  formula: 'cov(r, q, n) / var(q, n), q = r of the other symbol',
  flatWhen: 'the last n log returns of the other symbol are equal',
  output: 0,
  range: anyNumber,
}
/** Correlation with another symbol: cov(r, q, n) / (sd(r, n) sd(q, n)), q its log returns at the same times. */
export const corr: Family = {
  ...shared,
  name: 'corr',
  summary: 'correlation of the last n log returns with those of another symbol at the same times',
  formula: 'cov(r, q, n) / (sd(r, n) sd(q, n)), q = r of the other symbol',
  flatWhen: 'the last n log returns of either symbol are equal',
  output: 1,
  range: { min: -1, max: 1 },
}

const ofOneBar = {
  partner: true,
  parameters: [],
  inputs: ['close', 'partnerClose'],
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  output: 0,
  warmUp: () => ({ first: 1, settled: 1 }),
} as const satisfies Partial<Family>

/** Basis of a perpetual or future: C / C' - 1, C' the close of the spot at the same time. */
export const basis: Family = {
  ...ofOneBar,
  name: 'basis',
  summary: 'premium of a perpetual or future over the spot, which is the other symbol, at the same times',
  formula: 'C / C′ - 1, C′ = C of the other symbol',
  unit: 'ratio',
  kernelKey: () => 'basis',
  kernel: () => premium,
  range: { min: -1, max: Infinity },
}
/** Distance of two quotes or venues of one asset: 10,000 ln(C / C'), C' the close of the other at the same time. */
export const quoteSpreadBps: Family = {
  ...ofOneBar,
  name: 'quote_spread_bps',
  summary: 'distance from another quote or venue of the same asset (BTC/USDT from BTC/USD) at the same times: positive where this one is dearer',
  formula: '10⁴ ln(C / C′), C′ = C of the other symbol',
  unit: 'bps',
  kernelKey: () => 'quote_spread_bps',
  kernel: () => logDistance,
  range: anyNumber,
}
