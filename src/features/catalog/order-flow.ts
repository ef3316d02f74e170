import { takerImbalance, tradeBalanceKernel, tradeRateKernel } from '../kernels/order-flow.ts'
import { afterBars, bars, type Family, length, notNegative } from './family.ts'

const shared = { cost: 'O(1)', version: 1, perTimeframe: true, output: 0, unit: 'ratio' } as const satisfies Partial<Family>

/** Taker imbalance of the bar: (2 B - V) / V, B the volume that takers bought, as the sender of the bar says. */
export const takerImb: Family = {
  ...shared,
  name: 'taker_imb',
  parameters: [],
  summary: 'what takers bought less what they sold, over the volume, by the field of the bar (kline)',
  formula: '(2 B - V) / V, B = volume bought by takers',
  source: 'Binance klines carry the field',
  flatWhen: 'nothing was traded',
  inputs: ['takerBuyVolume', 'volume'],
  kernelKey: () => 'taker_imb',
  kernel: () => takerImbalance,
  warmUp: () => ({ first: 1, settled: 1 }),
  range: { min: -1, max: 1 },
}

const balance = {
  ...shared,
  parameters: [bars('n', 15)],
  flatWhen: 'nothing was traded in the last n bars',
  inputs: ['buyVolume', 'sellVolume'],
  kernelKey: ([n]: readonly number[]) => `trade_balance(${n})`,
  kernel: (params: readonly number[]) => tradeBalanceKernel(length(params)),
  warmUp: afterBars(length),
} as const satisfies Partial<Family>

/** Imbalance of trades: sum(B - S, n) / sum(B + S, n), by the side of the taker, or the tick test where that is not known. */
export const tradeImb: Family = {
  ...balance,
  name: 'trade_imb',
  summary: 'what takers bought less what they sold in trades of the last n bars, over both',
  formula: 'sum(B - S, n) / sum(B + S, n)',
  source: 'trades without a side: tick test, Lee and Ready 1991',
  range: { min: -1, max: 1 },
}

/** Flow toxicity on bars of time: sum(|B - S|, n) / sum(B + S, n). */
export const vpin: Family = {
  ...balance,
  name: 'vpin',
  summary: 'share of the volume of the last n bars that was on one side only, bar by bar: flow toxicity on bars of time in place of bars of volume',
  formula: 'sum(|B - S|, n) / sum(B + S, n)',
  source: 'after Easley, López de Prado and O’Hara 2012',
  output: 1,
  range: { min: 0, max: 1 },
}

/** Rate of trades: sum(trades, n) over the seconds of n bars. */
export const tradeRate: Family = {
  ...shared,
  name: 'trade_rate',
  parameters: [bars('n', 15)],
  summary: 'trades per second in the last n bars',
  formula: 'sum(trades, n) / (n seconds of a bar)',
  unit: 'per second',
  inputs: ['trades'],
  kernelKey: ([n]) => `trade_rate(${n})`,
  kernel: (params) => tradeRateKernel(length(params)),
  warmUp: afterBars(length),
  range: notNegative,
}
