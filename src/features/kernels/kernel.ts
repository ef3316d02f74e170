import type { Flow } from '../../contracts/flow.ts'

/** One closed bar as a kernel sees it: `index` is openTime / timeframe, `run` counts the bars since the origin or the last gap, from 1. */
export type StepInput = {
  readonly openTime: number
  readonly closeTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  /** Close of the partner's bar of the same time; NaN where the series has no partner. */
  readonly partnerClose: number
  /** What is known of its period beside the prices; NaN where it was not observed. */
  readonly flow: Flow
  readonly index: number
  /** True if its calendar has no period between it and the bar before in its run, however much time has passed. */
  readonly follows?: boolean
  /** True if the bar stands for one that was never received. */
  readonly filled?: boolean
  readonly run: number
}

/**
 * A pure streaming step: everything that it remembers is in `state` (`size` doubles, all zero before bar 1), so a copy of the state is a snapshot, and the same state
 * and bar always give the same bits. Writes `outputs` values to `out`, NaN where there is none.
 */
export type Kernel = {
  readonly size: number
  readonly outputs: number
  step(state: Float64Array, input: StepInput, out: Float64Array): void
}

/** A kernel without memory: one number of each bar. */
export const ofBar = (value: (input: StepInput) => number): Kernel => ({
  size: 0,
  outputs: 1,
  step(_state, input, out) {
    out[0] = value(input)
  },
})

/** A number that is certainly inside the array: reads of typed arrays at checked positions. */
export const at = (values: Float64Array, position: number): number => values[position] as number

/** Largest of the bar's range and its reach beyond the close before it (Wilder 1978). */
export const trueRange = ({ high, low }: StepInput, before: number): number => Math.max(high - low, Math.abs(high - before), Math.abs(low - before))

/** Mean of high, low and close. */
export const typicalPrice = ({ high, low, close }: StepInput): number => (high + low + close) / 3
