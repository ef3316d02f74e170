import { aroonKernel, donchianKernel, drawdownKernel, rankKernel } from '../kernels/extremes.ts'
import { afterBars, bars, type Family, length, positive } from './family.ts'

const shared = { cost: 'O(1)', version: 1, perTimeframe: true, output: 0 } as const satisfies Partial<Family>

const donchian = {
  ...shared,
  parameters: [bars('n', 20)],
  source: 'Donchian; TA-Lib MAX and MIN',
  inputs: ['high', 'low', 'close'],
  unit: 'price',
  kernelKey: ([n]: readonly number[]) => `donchian(${n})`,
  kernel: (params: readonly number[]) => donchianKernel(length(params)),
  warmUp: afterBars(length),
  range: positive,
} as const satisfies Partial<Family>

/** Upper Donchian channel: max(H, n). */
export const donchianUpper: Family = {
  ...donchian,
  name: 'donchian_upper',
  summary: 'highest high of the last n bars (TA-Lib)',
  formula: 'max(H, n)',
}
/** Lower Donchian channel: min(L, n). */
export const donchianLower: Family = {
  ...donchian,
  name: 'donchian_lower',
  summary: 'lowest low of the last n bars (TA-Lib)',
  formula: 'min(L, n)',
  output: 1,
}
/** Position in the Donchian channel: (C - LL) / (HH - LL). */
export const donchianPos: Family = {
  ...donchian,
  name: 'donchian_pos',
  summary: 'where the close lies in the range of the last n bars: 0 lowest, 1 highest',
  formula: '(C - min(L, n)) / (max(H, n) - min(L, n))',
  unit: 'ratio',
  flatWhen: 'the highest high of the last n bars equals the lowest low',
  output: 2,
  range: { min: 0, max: 1 },
}

const aroon = {
  ...shared,
  parameters: [bars('n', 14)],
  source: 'Chande 1995; TA-Lib',
  inputs: ['high', 'low'],
  unit: 'percent',
  kernelKey: ([n]: readonly number[]) => `aroon(${n})`,
  kernel: (params: readonly number[]) => aroonKernel(length(params)),
  warmUp: afterBars((params) => length(params) + 1),
  range: { min: 0, max: 100 },
} as const satisfies Partial<Family>

/** Aroon up: 100 (n - bars since the highest high of n + 1 bars) / n. */
export const aroonUp: Family = {
  ...aroon,
  name: 'aroon_up',
  summary: 'how recent the highest high of n + 1 bars is: 100 now, 0 n bars ago (TA-Lib)',
  formula: '100 (n - age of max(H, n + 1)) / n',
}
/** Aroon down: 100 (n - bars since the lowest low of n + 1 bars) / n. */
export const aroonDown: Family = {
  ...aroon,
  name: 'aroon_down',
  summary: 'how recent the lowest low of n + 1 bars is: 100 now, 0 n bars ago (TA-Lib)',
  formula: '100 (n - age of min(L, n + 1)) / n',
  output: 1,
}
/** Aroon oscillator: up minus down. */
export const aroonOsc: Family = {
  ...aroon,
  name: 'aroon_osc',
  summary: 'Aroon up minus down (TA-Lib)',
  formula: 'aroon_up - aroon_down',
  output: 2,
  range: { min: -100, max: 100 },
}

/** Rank of the close: share of the other n - 1 closes below it, equal ones counted half. */
export const rank: Family = {
  ...shared,
  name: 'rank',
  parameters: [bars('n', 60, 2)],
  summary: 'share of the other closes among the last n that are lower, equal ones counted half',
  formula: 'mean([C > C[k]] + [C = C[k]] / 2, k = 1 … n - 1)',
  inputs: ['close'],
  unit: 'ratio',
  cost: 'O(n)',
  kernelKey: ([n]) => `rank(${n})`,
  kernel: (params) => rankKernel(length(params)),
  warmUp: afterBars(length),
  range: { min: 0, max: 1 },
}

/** Drawdown: C / max(C, n) - 1. */
export const drawdown: Family = {
  ...shared,
  name: 'drawdown',
  parameters: [bars('n', 60)],
  summary: 'the close over the highest of the last n closes, minus one',
  formula: 'C / max(C, n) - 1',
  inputs: ['close'],
  unit: 'ratio',
  kernelKey: ([n]) => `drawdown(${n})`,
  kernel: (params) => drawdownKernel(length(params)),
  warmUp: afterBars(length),
  range: { min: -1, max: 0 },
}
