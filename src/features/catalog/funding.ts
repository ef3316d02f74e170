import { flowField, minutesToFunding } from '../kernels/order-flow.ts'
import type { Family } from './family.ts'

const shared = {
  parameters: [],
  cost: 'O(1)',
  version: 1,
  perTimeframe: true,
  output: 0,
  warmUp: () => ({ first: 1, settled: 1 }),
} as const satisfies Partial<Family>

/** Funding rate of a perpetual that was known at the close. */
export const funding: Family = {
  ...shared,
  name: 'funding',
  summary:
    'funding rate of a perpetual as it was known at the close: the share of their position that longs pay shorts at the next payment; never the one that was settled later',
  formula: 'rate of the newest publication before the close',
  inputs: ['fundingRate'],
  unit: 'ratio',
  kernelKey: () => 'funding',
  kernel: () => flowField('fundingRate'),
  range: { min: -1, max: 1 },
}

/** Minutes from the close to the next payment of funding. */
export const timeToFunding: Family = {
  ...shared,
  name: 'time_to_funding',
  summary: 'minutes from the close to the payment of the funding rate that was known then',
  formula: 'time of the payment - close time',
  inputs: ['fundingRate', 'nextFundingTime'],
  unit: 'minutes',
  kernelKey: () => 'time_to_funding',
  kernel: () => minutesToFunding,
  range: { min: 0, max: 10_080 },
}
