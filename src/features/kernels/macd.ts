import { at, type Kernel } from './kernel.ts'

/** Lengths of the three averages. */
export type MacdLengths = { readonly fast: number; readonly slow: number; readonly signal: number }

const [fastAverage, slowAverage, signalAverage] = [0, 1, 2]

/** Sums up to the mean that seeds an average, then moves it on: `nth` is the position of the value among those that the average sees, from 1. */
function average(state: Float64Array, slot: number, next: { value: number; nth: number; length: number }): void {
  const { value, nth, length } = next
  if (nth < 1) return
  if (nth <= length) state[slot] = at(state, slot) + value
  if (nth === length) state[slot] = at(state, slot) / length
  if (nth > length) state[slot] = (value - at(state, slot)) * (2 / (length + 1)) + at(state, slot)
}

/** Outputs: line, signal, histogram as in TA-Lib: the seeds of both averages end on bar `slow`, the signal is seeded with the mean of the first lines, and nothing is put out before the signal exists. */
export function macdKernel({ fast, slow, signal }: MacdLengths): Kernel {
  const first = slow + signal - 1
  return {
    size: 3,
    outputs: 3,
    step(state, { close, run }, out) {
      average(state, fastAverage, { value: close, nth: run - (slow - fast), length: fast })
      average(state, slowAverage, { value: close, nth: run, length: slow })
      const line = at(state, fastAverage) - at(state, slowAverage)
      average(state, signalAverage, { value: line, nth: run - slow + 1, length: signal })
      out[0] = run < first ? NaN : line
      out[1] = run < first ? NaN : at(state, signalAverage)
      out[2] = run < first ? NaN : line - at(state, signalAverage)
    },
  }
}
