import type { Bar } from '../contracts/bar.ts'
import type { Series } from '../market/series.ts'
import { noFlow } from '../contracts/flow.ts'
import type { StepInput } from './kernels/kernel.ts'

/** A step input that is written anew for every bar; whoever steps a kernel with it says which bar of its run it is. */
export type StepBar = { -readonly [field in keyof StepInput]: StepInput[field] }

/** A bar to be written. */
export const makeStepBar = (): StepBar => ({
  openTime: 0,
  closeTime: 0,
  open: 0,
  high: 0,
  low: 0,
  close: 0,
  volume: 0,
  partnerClose: NaN,
  flow: noFlow,
  index: 0,
  follows: false,
  filled: false,
  run: 0,
})

/** Writes a bar of a series into one. */
export function takeBar(input: StepBar, bar: Bar, { barMs, periods }: Pick<Series, 'barMs' | 'periods'>): void {
  input.openTime = bar.openTime
  input.closeTime = bar.closeTime
  input.open = bar.open
  input.high = bar.high
  input.low = bar.low
  input.close = bar.close
  input.volume = bar.volume
  input.partnerClose = bar.partnerClose ?? NaN
  input.flow = bar.flow ?? noFlow
  // Where it is known which bars there have to be, one that is missing begins a new run.
  input.follows = periods.known
  input.filled = bar.filled === true
  input.index = Math.floor(bar.openTime / barMs)
}
