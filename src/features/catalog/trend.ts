import { directionalKernel } from '../kernels/directional.ts'
import { keltnerKernel } from '../kernels/keltner.ts'
import { parabolicKernel, supertrendKernel } from '../kernels/trailing-stops.ts'
import { anyNumber, bars, chainSettles, type Family, length, parameter, stepsToSettle } from './family.ts'

const shared = { inputs: ['high', 'low', 'close'], cost: 'O(1)', version: 1, perTimeframe: true, output: 0 } as const satisfies Partial<Family>

const directional = {
  ...shared,
  parameters: [bars('n', 14, 2)],
  source: 'Wilder 1978; TA-Lib',
  unit: 'percent',
  flatWhen: 'no bar has had a range since the run began',
  kernelKey: ([n]: readonly number[]) => `adx(${n})`,
  kernel: (params: readonly number[]) => directionalKernel(length(params)),
  warmUp: (params: readonly number[]) => {
    const n = length(params)
    return { first: n + 1, settled: n + 1 + stepsToSettle((n - 1) / n) }
  },
  range: { min: 0, max: 100 },
} as const satisfies Partial<Family>

/** Positive directional indicator: 100 W(+DM) / W(TR) with Wilder's sums. */
export const plusDi: Family = {
  ...directional,
  name: 'plus_di',
  summary: 'share of the true range by which highs rose (TA-Lib)',
  formula: '100 wilder(+DM, n) / wilder(TR, n), +DM = H - H[1] where that is positive and more than L[1] - L',
}
/** Negative directional indicator: 100 W(-DM) / W(TR) with Wilder's sums. */
export const minusDi: Family = {
  ...directional,
  name: 'minus_di',
  summary: 'share of the true range by which lows fell (TA-Lib)',
  formula: '100 wilder(-DM, n) / wilder(TR, n), -DM = L[1] - L where that is positive and more than H - H[1]',
  output: 1,
}
/** Average directional index: Wilder's average of 100 |+DI - -DI| / (+DI + -DI). */
export const adx: Family = {
  ...directional,
  name: 'adx',
  summary: 'strength of a trend, whatever its direction (TA-Lib)',
  formula: 'wilder(100 |plus_di - minus_di| / (plus_di + minus_di), n)',
  output: 2,
  warmUp: (params) => {
    const n = length(params)
    return { first: 2 * n, settled: 2 * n + chainSettles(1 / n, 2) }
  },
}

const keltner = {
  ...shared,
  parameters: [bars('n', 20), bars('m', 10), { name: 'k', min: 0.1, max: 10, whole: false, usual: 2 }],
  source: 'Keltner, Raschke; TA-Lib',
  unit: 'price',
  kernelKey: (params: readonly number[]) => `keltner(${params.join(',')})`,
  kernel: (params: readonly number[]) => keltnerKernel({ length: parameter(params, 0), rangeLength: parameter(params, 1), multiple: parameter(params, 2) }),
  warmUp: (params: readonly number[]) => {
    const [n, m] = params as [number, number]
    const first = Math.max(n, m + 1)
    return { first, settled: first + Math.max(stepsToSettle(1 - 2 / (n + 1)), stepsToSettle((m - 1) / m)) }
  },
  range: anyNumber,
} as const satisfies Partial<Family>

/** Upper Keltner band: ema(TP, n) + k wilder(TR, m). */
export const keltnerUpper: Family = {
  ...keltner,
  name: 'keltner_upper',
  summary: 'upper Keltner band: k average true ranges above the exponential average of the typical price (TA-Lib)',
  formula: 'ema(TP, n) + k wilder(TR, m)',
}
/** Lower Keltner band: ema(TP, n) - k wilder(TR, m). */
export const keltnerLower: Family = {
  ...keltner,
  name: 'keltner_lower',
  summary: 'lower Keltner band: k average true ranges below the exponential average of the typical price (TA-Lib)',
  formula: 'ema(TP, n) - k wilder(TR, m)',
  output: 1,
}
/** Position of the close between the Keltner bands: (C - lower) / (upper - lower). */
export const keltnerPos: Family = {
  ...keltner,
  name: 'keltner_pos',
  version: 2,
  summary: 'where the close lies between the Keltner bands: 0 lower, 1 upper',
  formula: '(C - keltner_lower) / (keltner_upper - keltner_lower)',
  unit: 'ratio',
  flatWhen: 'the bands lie within a billionth of the price, as no bar has had a range for long',
  output: 2,
}

/** Parabolic stop and reverse: sar += a (extreme - sar); a grows by `step` with each new extreme, up to `most`. */
export const psar: Family = {
  ...shared,
  name: 'psar',
  parameters: [
    { name: 'step', min: 0.001, max: 0.5, whole: false, usual: 0.02 },
    { name: 'most', min: 0.001, max: 1, whole: false, usual: 0.2 },
  ],
  summary: "Wilder's parabolic stop and reverse (TA-Lib)",
  formula: 's += a (extreme - s), a += step at each new extreme, a ≤ most; reversed when the price reaches s',
  source: 'Wilder 1978; TA-Lib',
  inputs: ['high', 'low'],
  unit: 'price',
  kernelKey: (params) => `psar(${params.join(',')})`,
  kernel: (params) => parabolicKernel({ step: parameter(params, 0), most: parameter(params, 1) }),
  // Two origins agree for ever once they have reversed together; no bound on that can be proven. This is twice the longest wait seen from 10,000 origins of real bars.
  warmUp: (params) => ({ first: 2, settled: Math.ceil(10 / parameter(params, 0)) }),
  range: anyNumber,
  refuse: (params) => (parameter(params, 0) <= parameter(params, 1) ? undefined : 'step must not be more than most'),
}

const supertrendShared = {
  ...shared,
  parameters: [bars('n', 10), { name: 'k', min: 0.1, max: 20, whole: false, usual: 3 }],
  source: 'Seban; TA-Lib',
  kernelKey: (params: readonly number[]) => `supertrend(${params.join(',')})`,
  kernel: (params: readonly number[]) => supertrendKernel(parameter(params, 0), parameter(params, 1)),
  // Two origins agree once they have reversed together: bounded as for the parabolic stop, by twice the longest wait seen.
  warmUp: (params: readonly number[]) => {
    const [n, k] = params as [number, number]
    return { first: n + 1, settled: n + 1 + stepsToSettle((n - 1) / n) + Math.ceil(100 * k) }
  },
} as const satisfies Partial<Family>

/** Supertrend: the band (H + L) / 2 ± k wilder(TR, n) on the side of the trend, which only moves towards the price. */
export const supertrend: Family = {
  ...supertrendShared,
  name: 'supertrend',
  summary: 'line that trails the price at k average true ranges (TA-Lib)',
  formula: '(H + L) / 2 ∓ k wilder(TR, n), moved only towards the price; reversed when the close crosses it',
  unit: 'price',
  range: anyNumber,
}
/** Side of the supertrend: 1 in a rising trend, -1 in a falling one. */
export const supertrendSide: Family = {
  ...supertrendShared,
  name: 'supertrend_side',
  summary: '1 while the supertrend lies below the price, -1 while it lies above (TA-Lib)',
  formula: 'sign of the trend',
  unit: 'ratio',
  output: 1,
  range: { min: -1, max: 1 },
}
/** Distance from the supertrend: C / supertrend - 1. */
export const supertrendRatio: Family = {
  ...supertrendShared,
  name: 'supertrend_ratio',
  summary: 'the close over the supertrend, minus one',
  formula: 'C / supertrend - 1',
  unit: 'ratio',
  output: 2,
  range: anyNumber,
}
