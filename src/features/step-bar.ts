import type { Bar } from '../contracts/bar.ts'
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
  filled: false,
  run: 0,
})

/** Writes a bar into one. */
export function takeBar(input: StepBar, bar: Bar, barMs: number): void {
  input.openTime = bar.openTime
  input.closeTime = bar.closeTime
  input.open = bar.open
  input.high = bar.high
  input.low = bar.low
  input.close = bar.close
  input.volume = bar.volume
  input.partnerClose = bar.partnerClose ?? NaN
  input.flow = bar.flow ?? noFlow
  input.filled = bar.filled === true
  input.index = Math.floor(bar.openTime / barMs)
}
