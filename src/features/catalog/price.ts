import { barFields } from '../kernels/bar-fields.ts'
import { type Family, notNegative, positive } from './family.ts'

const shared = {
  parameters: [],
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  kernelKey: () => 'bar-fields',
  kernel: () => barFields,
  warmUp: () => ({ first: 1, settled: 1 }),
} as const

/** Last close. */
export const close: Family = {
  ...shared,
  name: 'close',
  summary: 'close of the bar',
  formula: 'C',
  unit: 'price',
  inputs: ['close'],
  output: 0,
  range: positive,
}

/** Volume of the last bar. */
export const volume: Family = {
  ...shared,
  name: 'volume',
  summary: 'volume of the bar, in the units of the feed',
  formula: 'V',
  unit: 'volume',
  inputs: ['volume'],
  output: 1,
  range: notNegative,
}
