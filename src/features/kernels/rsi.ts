import { at, type Kernel } from './kernel.ts'
import { faintest, wilder } from './smoothing.ts'

const [previous, gain, loss] = [0, 1, 2]

/** Wilder's relative strength index as in TA-Lib: averages start as the mean of the first `length` changes, then (average * (length - 1) + change) / length. No value while both averages are zero; a close that stays where it was leaves the index where it was, for however long. */
export function rsiKernel(length: number): Kernel {
  const [gains, losses] = [wilder(length, gain), wilder(length, loss)]
  return {
    size: 3,
    outputs: 1,
    step(state, { close, run }, out) {
      const change = run === 1 ? 0 : close - at(state, previous)
      state[previous] = close
      const faint = run - 1 > length && gains.value(state) + losses.value(state) < faintest
      if (!faint || change !== 0) {
        gains.push(state, change > 0 ? change : 0, run - 1)
        losses.push(state, change < 0 ? -change : 0, run - 1)
      }
      const both = gains.value(state) + losses.value(state)
      out[0] = run <= length || both === 0 ? NaN : 100 * (gains.value(state) / both)
    },
  }
}
