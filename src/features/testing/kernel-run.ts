import { type Timeframe, timeframes } from '../../contracts/timeframe.ts'
import type { BarInput } from '../../market/check-bar.ts'
import { madeUpFlow } from '../../market/flow/made-up-flow.ts'
import { defineFeature } from '../definition.ts'

/** One feature over bars, straight from its kernel, with its memory in the open: settled or not, NaN where there is no value. Without a partner's close the bar's open stands for it; order flow is made up of the bar. */
export type KernelRun = { readonly memory: Float64Array; take(bar: BarInput, partnerClose?: number): number }

/** Begins a run, or goes on after `taken` bars with a copied memory. */
export function kernelRun(id: string, timeframe: Timeframe, past?: { readonly memory: Float64Array; readonly taken: number }): KernelRun {
  const definition = defineFeature(id, timeframe)
  const kernel = definition.kernel()
  const memory = past?.memory ?? new Float64Array(kernel.size)
  const out = new Float64Array(kernel.outputs)
  const barMs = timeframes[timeframe]
  let run = past?.taken ?? 0
  return {
    memory,
    take(bar, partnerClose = bar.open) {
      run += 1
      kernel.step(memory, { ...bar, closeTime: bar.openTime + barMs, index: Math.floor(bar.openTime / barMs), run, partnerClose, flow: madeUpFlow(bar) }, out)
      return out[definition.output] as number
    },
  }
}

/** All values of one feature over bars. */
export function kernelValues(id: string, timeframe: Timeframe, bars: readonly BarInput[]): Float64Array {
  const run = kernelRun(id, timeframe)
  return Float64Array.from(bars, (bar) => run.take(bar))
}
