import type { FlowField } from '../../contracts/flow.ts'
import {
  ageAtClose,
  depthImbalance,
  flowField,
  imbalanceOfFlowKernel,
  meanSpreadKernel,
  microprice as micropriceKernel,
  mid as midKernel,
  spread,
} from '../kernels/order-flow.ts'
import { afterBars, anyNumber, bars, type Family, length, notNegative, type Parameter, positive } from './family.ts'

const shared = { cost: 'O(1)', version: 1, perTimeframe: true, output: 0, unit: 'bps', parameters: [] } as const satisfies Partial<Family>
const fromFirst = { warmUp: () => ({ first: 1, settled: 1 }) } as const

/** Mid price: (bid + ask) / 2. */
export const mid: Family = {
  ...shared,
  ...fromFirst,
  name: 'mid',
  summary: 'middle between the best bid and ask of the last order book before the close',
  formula: '(bid + ask) / 2',
  unit: 'price',
  inputs: ['bid', 'ask'],
  kernelKey: () => 'mid',
  kernel: () => midKernel,
  range: positive,
}

/** Spread at the close: 10,000 (ask - bid) / mid. */
export const spreadBps: Family = {
  ...shared,
  ...fromFirst,
  name: 'spread_bps',
  summary: 'spread of the last order book before the close, in bps of the mid price',
  formula: '10⁴ (ask - bid) / mid',
  inputs: ['bid', 'ask'],
  kernelKey: () => 'spread_bps',
  kernel: () => spread,
  range: { min: 0, max: 20_000 },
}

/** Mean spread by time: mean(∫ 10,000 (ask - bid) / mid dt / bar, n). */
export const spreadMeanBps: Family = {
  ...shared,
  name: 'spread_mean_bps',
  parameters: [bars('n', 15)],
  summary: 'spread in bps of the mid price, averaged by time over n bars',
  formula: 'mean(1/T ∫ 10⁴ (ask - bid) / mid dt, n), T = length of a bar',
  inputs: ['meanSpread'],
  kernelKey: ([n]) => `spread_mean_bps(${n})`,
  kernel: (params) => meanSpreadKernel(length(params)),
  warmUp: afterBars(length),
  range: { min: 0, max: 20_000 },
}

/** Microprice beside the mid: 10,000 (micro - mid) / mid, micro = (ask Qb + bid Qa) / (Qa + Qb). */
export const micropriceBps: Family = {
  ...shared,
  ...fromFirst,
  name: 'microprice_bps',
  summary: 'distance of the microprice (bid and ask, each weighted by the size of the other side) from the mid price, in bps of it',
  formula: '10⁴ (micro - mid) / mid, micro = (ask Qb + bid Qa) / (Qa + Qb)',
  source: 'weighted mid: Gatheral and Oomen 2010',
  inputs: ['bid', 'ask', 'bidSize', 'askSize'],
  kernelKey: () => 'microprice_bps',
  kernel: () => micropriceKernel,
  range: { min: -10_000, max: 10_000 },
}

/** A parameter that takes a few values only. */
const oneOf = (name: string, values: readonly number[], usual: number): Pick<Family, 'refuse'> & { readonly parameters: readonly [Parameter] } => ({
  parameters: [{ name, min: values[0] as number, max: values.at(-1) as number, whole: true, usual }],
  refuse: ([value]) => (values.includes(value as number) ? undefined : `${name} must be one of ${values.join(', ')}`),
})

const depths: Readonly<Record<number, readonly [FlowField, FlowField]>> = {
  1: ['bidSize', 'askSize'],
  5: ['bidDepth5', 'askDepth5'],
  10: ['bidDepth10', 'askDepth10'],
  20: ['bidDepth20', 'askDepth20'],
}
const levels = oneOf('k', Object.keys(depths).map(Number), 5)

/** Imbalance of the order book: (Σ bids - Σ asks) / (Σ bids + Σ asks) over the best k levels of the last book. */
export const obi: Family = {
  ...shared,
  ...fromFirst,
  ...levels,
  name: 'obi',
  summary: 'size of the best k bids less that of the best k asks, over both, in the last order book before the close; k is 1, 5, 10 or 20',
  formula: '(Σₖ Qb - Σₖ Qa) / (Σₖ Qb + Σₖ Qa)',
  unit: 'ratio',
  inputs: Object.values(depths).flat(),
  kernelKey: ([k]) => `obi(${k})`,
  kernel: (params) => depthImbalance(...(depths[length(params)] as readonly [FlowField, FlowField])),
  range: { min: -1, max: 1 },
}

/** Order-flow imbalance: sum(e, n), e = what is added to the best bid less what is added to the best ask, book by book. */
export const ofi: Family = {
  ...shared,
  name: 'ofi',
  parameters: [bars('n', 15)],
  summary: 'order-flow imbalance at the best level, summed over the books of n bars: what was added to the bid less what was added to the ask',
  formula: 'sum(Σ [b ≥ b′] Qb - [b ≤ b′] Qb′ - [a ≤ a′] Qa + [a ≥ a′] Qa′, n), ′ = the book before',
  source: 'Cont, Kukanov and Stoikov 2014',
  unit: 'volume',
  inputs: ['ofi'],
  kernelKey: ([n]) => `ofi(${n})`,
  kernel: (params) => imbalanceOfFlowKernel(length(params)),
  warmUp: afterBars(length),
  range: anyNumber,
}

const costs: Readonly<Record<number, FlowField>> = { 1000: 'cost1000', 10000: 'cost10000', 100000: 'cost100000', 1000000: 'cost1000000' }
const notionals = oneOf('notional', Object.keys(costs).map(Number), 10_000)

/** Cost of trading an amount against the book: the mean of buying and selling, 10,000 |price paid / mid - 1|. */
export const costToTrade: Family = {
  ...shared,
  ...fromFirst,
  ...notionals,
  name: 'cost_to_trade',
  summary: 'what buying and selling for an amount of the quote currency costs beside the mid price, on average, walking the last order book before the close',
  formula: '10⁴ (P buy - P sell) / (2 mid), P = mean price for the notional',
  inputs: Object.values(costs),
  kernelKey: ([notional]) => `cost_to_trade(${notional})`,
  kernel: (params) => flowField(costs[length(params)] as FlowField),
  range: notNegative,
}

/** Slope of the book: bps from the mid price for each 1,000 of the quote currency, the least-squares line through the mid over the best 20 levels, mean of both sides. */
export const depthSlope: Family = {
  ...shared,
  ...fromFirst,
  name: 'depth_slope',
  summary:
    'how far the price moves away from the mid for each 1,000 of the quote currency that is traded against the last order book before the close, mean of both sides',
  formula: 'Σ N d / Σ N², N = thousands up to a level, d = its distance from the mid in bps, best 20 levels',
  source: 'Kyle’s lambda (1985), read off the book',
  inputs: ['depthSlope'],
  kernelKey: () => 'depth_slope',
  kernel: () => flowField('depthSlope'),
  range: notNegative,
}

const age = { ...shared, ...fromFirst, unit: 'seconds', range: notNegative } as const satisfies Partial<Family>

/** Age of the newest trade at the close. */
export const tickAge: Family = {
  ...age,
  name: 'tick_age',
  summary: 'seconds from the last trade to the close of the bar',
  formula: 'close time - time of the last trade',
  inputs: ['lastTradeTime'],
  kernelKey: () => 'tick_age',
  kernel: () => ageAtClose('lastTradeTime'),
}
/** Age of the newest order book at the close. */
export const bookAge: Family = {
  ...age,
  name: 'book_age',
  summary: 'seconds from the last order book to the close of the bar',
  formula: 'close time - time of the last book',
  inputs: ['lastBookTime'],
  kernelKey: () => 'book_age',
  kernel: () => ageAtClose('lastBookTime'),
}
