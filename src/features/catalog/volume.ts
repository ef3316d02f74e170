import { dayMs, vwapDayRatioKernel, volumeByHourKernel } from '../kernels/days.ts'
import { accumulationSlopeKernel, chaikinFlowKernel, obvScoreKernel, obvSlopeKernel, volumeScoreKernel, vwapRatioKernel } from '../kernels/volume.ts'
import { afterBars, anyNumber, bars, type Family, length } from './family.ts'

const shared = {
  version: 1,
  perTimeframe: true,
  output: 0,
  warmUp: afterBars(length),
} as const satisfies Partial<Family>

const nothingTraded = 'nothing was traded in the last n bars'

/** Slope of on-balance volume: least squares over n bars, over mean(V, n). */
export const obvSlope: Family = {
  ...shared,
  name: 'obv_slope',
  parameters: [{ ...bars('n', 20, 2), max: 500 }],
  summary: 'least-squares slope of on-balance volume over n bars, over their mean volume',
  formula: 'slope(OBV, n) / mean(V, n), OBV = Σ sign(C - C[1]) V',
  source: 'on-balance volume: Granville 1963',
  unit: 'ratio',
  cost: 'O(n)',
  flatWhen: nothingTraded,
  inputs: ['close', 'volume'],
  kernelKey: ([n]) => `obv_slope(${n})`,
  kernel: (params) => obvSlopeKernel(length(params)),
  range: anyNumber,
}

/** Standard score of on-balance volume: (OBV - mean(OBV, n)) / sd(OBV, n). */
export const obvZ: Family = {
  ...shared,
  name: 'obv_z',
  parameters: [{ ...bars('n', 96, 2), max: 500 }],
  summary: 'standard score of on-balance volume among its last n values',
  formula: '(OBV - mean(OBV, n)) / sd(OBV, n)',
  source: 'on-balance volume: Granville 1963',
  unit: 'deviations',
  cost: 'O(n)',
  flatWhen: 'on-balance volume has not changed for n bars',
  inputs: ['close', 'volume'],
  kernelKey: ([n]) => `obv_z(${n})`,
  kernel: (params) => obvScoreKernel(length(params)),
  range: anyNumber,
}

/** Slope of the accumulation / distribution line: least squares over n bars, over mean(V, n). */
export const adSlope: Family = {
  ...shared,
  name: 'ad_slope',
  parameters: [{ ...bars('n', 20, 2), max: 500 }],
  summary: 'least-squares slope of the accumulation / distribution line over n bars, over their mean volume',
  formula: 'slope(AD, n) / mean(V, n), AD = Σ ((C - L) - (H - C)) / (H - L) V',
  source: 'Chaikin',
  unit: 'ratio',
  cost: 'O(n)',
  flatWhen: nothingTraded,
  inputs: ['high', 'low', 'close', 'volume'],
  kernelKey: ([n]) => `ad_slope(${n})`,
  kernel: (params) => accumulationSlopeKernel(length(params)),
  range: anyNumber,
}

/** Chaikin's money flow: sum(((C - L) - (H - C)) / (H - L) V, n) / sum(V, n). */
export const cmf: Family = {
  ...shared,
  name: 'cmf',
  parameters: [bars('n', 20)],
  summary: "Chaikin's money flow: volume weighted by where closes lie between low and high (TA-Lib)",
  formula: 'sum(((C - L) - (H - C)) / (H - L) V, n) / sum(V, n)',
  source: 'Chaikin; TA-Lib',
  unit: 'ratio',
  cost: 'O(1)',
  flatWhen: nothingTraded,
  inputs: ['high', 'low', 'close', 'volume'],
  kernelKey: ([n]) => `cmf(${n})`,
  kernel: (params) => chaikinFlowKernel(length(params)),
  range: { min: -1, max: 1 },
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

/** Distance from the average price by volume: C sum(V, n) / sum(TP V, n) - 1. */
export const vwapRatio: Family = {
  ...shared,
  name: 'vwap_ratio',
  parameters: [bars('n', 60)],
  summary: 'the close over the average price by volume of the last n bars, minus one',
  formula: 'C sum(V, n) / sum(TP V, n) - 1',
  unit: 'ratio',
  cost: 'O(1)',
  flatWhen: nothingTraded,
  inputs: ['high', 'low', 'close', 'volume'],
  kernelKey: ([n]) => `vwap_ratio(${n})`,
  kernel: (params) => vwapRatioKernel(length(params)),
  range: { min: -1, max: Infinity },
}

/** Distance from the average price by volume of the UTC day: C sum(V) / sum(TP V) - 1 over the bars that opened on it. */
export const vwapDayRatio: Family = {
  ...shared,
  name: 'vwap_day_ratio',
  parameters: [],
  summary: 'the close over the average price by volume since the UTC day began in which the bar opened, minus one',
  formula: 'C Σ V / Σ (TP V) - 1 over the bars of the day',
  unit: 'ratio',
  cost: 'O(1)',
  flatWhen: 'nothing has been traded since the day began',
  inputs: ['high', 'low', 'close', 'volume'],
  kernelKey: () => 'vwap_day_ratio',
  kernel: () => vwapDayRatioKernel,
  // A run that begins within a day lacks the day's first bars.
  warmUp: (_params, barMs) => ({ first: 1, settled: dayMs / barMs }),
  range: { min: -1, max: Infinity },
}

/** Volume relative to the time of day: V / mean V of the bars in the same hour (UTC) of the last `days` days. */
export const rvolTod: Family = {
  ...shared,
  name: 'rvol_tod',
  parameters: [{ ...bars('days', 20), max: 250 }],
  summary: 'volume over the mean volume of the bars that opened in the same hour of the day (UTC) on the last days that had some',
  formula: 'V / mean(V of the same hour, days)',
  unit: 'ratio',
  cost: 'O(n)',
  flatWhen: 'nothing was traded in this hour on the last days',
  inputs: ['volume'],
  kernelKey: ([days]) => `rvol_tod(${days})`,
  kernel: (params) => volumeByHourKernel(length(params)),
  // The first day's hour may have begun before the run: settled when it counts no longer.
  warmUp: (params, barMs) => ({ first: length(params) * (dayMs / barMs) + 1, settled: (length(params) + 1) * (dayMs / barMs) + 1 }),
  range: { min: 0, max: Infinity },
}
