import { dayOfWeek, timeOfDay } from '../kernels/time-of-day.ts'
import type { Family } from './family.ts'

const shared = {
  parameters: [],
  inputs: ['closeTime'],
  unit: 'ratio',
  cost: 'O(1)',
  version: 1,
  perTimeframe: false,
  kernelKey: () => 'time-of-day',
  kernel: () => timeOfDay,
  warmUp: () => ({ first: 1, settled: 1 }),
  range: { min: -1, max: 1 },
} as const satisfies Partial<Family>

/** Sine of the time of day: sin(2π minute / 1440). */
export const todSin: Family = {
  ...shared,
  name: 'tod_sin',
  summary: 'sine of the time of day (UTC) at the close of the bar',
  formula: 'sin(2π t / day)',
  output: 0,
}
/** Cosine of the time of day: cos(2π minute / 1440). */
export const todCos: Family = {
  ...shared,
  name: 'tod_cos',
  summary: 'cosine of the time of day (UTC) at the close of the bar',
  formula: 'cos(2π t / day)',
  output: 1,
}

const weekly = { ...shared, kernelKey: () => 'day-of-week', kernel: () => dayOfWeek } as const satisfies Partial<Family>

/** Sine of the day of the week: sin(2π day / 7), Monday 0. */
export const dowSin: Family = {
  ...weekly,
  name: 'dow_sin',
  summary: 'sine of the day of the week (UTC, Monday 0) at the close of the bar',
  formula: 'sin(2π day / 7)',
  output: 0,
}
/** Cosine of the day of the week: cos(2π day / 7), Monday 0. */
export const dowCos: Family = {
  ...weekly,
  name: 'dow_cos',
  summary: 'cosine of the day of the week (UTC, Monday 0) at the close of the bar',
  formula: 'cos(2π day / 7)',
  output: 1,
}
