import { emptyShareKernel, gapCountKernel } from '../kernels/data-quality.ts'
import { afterBars, bars, type Family, length, notNegative } from './family.ts'

const shared = { parameters: [bars('n', 60)], cost: 'O(1)', version: 1, perTimeframe: true, output: 0 } as const satisfies Partial<Family>

/** Empty share: mean([V = 0], n). */
export const emptyShare: Family = {
  ...shared,
  name: 'empty_share',
  summary: 'share of the last n bars in which nothing was traded',
  formula: 'mean([V = 0], n)',
  inputs: ['volume'],
  unit: 'ratio',
  kernelKey: ([n]) => `empty_share(${n})`,
  kernel: (params) => emptyShareKernel(length(params)),
  warmUp: afterBars(length),
  range: { min: 0, max: 1 },
}

/** Gap count: sum([bar does not follow the one before at once], n). */
export const gapCount: Family = {
  ...shared,
  version: 2,
  name: 'gap_count',
  summary:
    'how many of the last n bars did not follow the one before at once; in a continuous series 0 where a gap begins a new run, and the gaps that were filled where the set fills them',
  formula: 'sum([open time ≠ close time[1], or filled and not filled[1]], n)',
  inputs: ['closeTime'],
  unit: 'bars',
  kernelKey: ([n]) => `gap_count(${n})`,
  kernel: (params) => gapCountKernel(length(params)),
  warmUp: afterBars((params) => length(params) + 1),
  range: notNegative,
}
