import { obvSlopeKernel, volumeScoreKernel } from '../kernels/volume.ts'
import { afterBars, anyNumber, bars, type Family, length } from './family.ts'

const shared = {
  version: 1,
  perTimeframe: true,
  output: 0,
  warmUp: afterBars(length),
} as const satisfies Partial<Family>

/** Slope of on-balance volume: least squares over n bars, over mean(V, n). */
export const obvSlope: Family = {
  ...shared,
  name: 'obv_slope',
  parameters: [{ ...bars('n', 20, 2), max: 500 }],
  summary: 'least-squares slope of on-balance volume over n bars, over their mean volume',
  formula: 'slope(OBV, n) / mean(V, n)',
  source: 'on-balance volume: Granville 1963',
  unit: 'ratio',
  cost: 'O(n)',
  flatWhen: 'nothing was traded in the last n bars',
  inputs: ['close', 'volume'],
  kernelKey: ([n]) => `obv_slope(${n})`,
  kernel: (params) => obvSlopeKernel(length(params)),
  range: anyNumber,
}

/** Standard score of the volume: (x - mean(x, n)) / sd(x, n) with x = ln(1 + V). */
export const volZ: Family = {
  ...shared,
  name: 'vol_z',
  parameters: [bars('n', 96, 2)],
  summary: 'standard score of ln(1 + volume) among the last n bars, within ±8',
  formula: '(x - mean(x, n)) / sd(x, n), x = ln(1 + V)',
  unit: 'deviations',
  cost: 'O(1)',
  flatWhen: 'the last n volumes are equal',
  inputs: ['volume'],
  kernelKey: ([n]) => `vol_z(${n})`,
  kernel: (params) => volumeScoreKernel(length(params)),
  range: { min: -8, max: 8 },
}
