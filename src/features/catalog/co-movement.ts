import { coMovementKernel } from '../kernels/co-movement.ts'
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
