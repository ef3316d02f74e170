import { obvSlopeKernel, volumeScoreKernel } from '../kernels/volume.ts'
import { anyNumber, bars, type Family, parameter } from './family.ts'

const shared = {
  version: 1,
  perTimeframe: true,
  output: 0,
  warmUp: (params: readonly number[]) => ({
    first: parameter(params, 0),
    settled: parameter(params, 0),
  }),
} as const satisfies Partial<Family>

/** Slope of on-balance volume. */
export const obvSlope: Family = {
  ...shared,
  name: 'obv_slope',
  parameters: [{ ...bars('n', 20, 2), max: 500 }],
  summary: 'least-squares slope of on-balance volume over n bars, over their mean volume',
  flatWhen: 'nothing was traded in the last n bars',
  inputs: ['close', 'volume'],
  kernelKey: ([n]) => `obv_slope(${n})`,
  kernel: (params) => obvSlopeKernel(parameter(params, 0)),
  range: anyNumber,
}

/** Standard score of the volume. */
export const volZ: Family = {
  ...shared,
  name: 'vol_z',
  parameters: [bars('n', 96, 2)],
  summary: 'standard score of ln(1 + volume) among the last n bars, within ±8',
  flatWhen: 'the last n volumes are equal',
  inputs: ['volume'],
  kernelKey: ([n]) => `vol_z(${n})`,
  kernel: (params) => volumeScoreKernel(parameter(params, 0)),
  range: { min: -8, max: 8 },
}
