import { candleShape } from '../kernels/candle-shape.ts'
import { anyNumber, type Family, notNegative } from './family.ts'

const shared = {
  parameters: [],
  source: 'Qlib',
  inputs: ['open', 'high', 'low', 'close'],
  unit: 'ratio',
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  kernelKey: () => 'candle-shape',
  kernel: () => candleShape,
  warmUp: () => ({ first: 1, settled: 1 }),
} as const satisfies Partial<Family>

/** Body of the candle: (C - O) / O. */
export const kmid: Family = { ...shared, name: 'kmid', summary: 'body of the candle over its open', formula: '(C - O) / O', output: 0, range: anyNumber }
/** Upper wick: (H - max(O, C)) / O. */
export const kup: Family = { ...shared, name: 'kup', summary: 'upper wick over the open', formula: '(H - max(O, C)) / O', output: 1, range: notNegative }
/** Lower wick: (min(O, C) - L) / O. */
export const klow: Family = { ...shared, name: 'klow', summary: 'lower wick over the open', formula: '(min(O, C) - L) / O', output: 2, range: notNegative }
/** Shift of the close towards high or low: (2 C - H - L) / O. */
export const ksft: Family = {
  ...shared,
  name: 'ksft',
  summary: 'how far the close lies above the middle of the range, twice, over the open',
  formula: '(2 C - H - L) / O',
  output: 3,
  range: anyNumber,
}
