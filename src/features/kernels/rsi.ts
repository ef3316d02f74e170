import { at, type Kernel } from './kernel.ts'

const [previous, gain, loss] = [0, 1, 2]

/** Wilder's relative strength index as in TA-Lib: averages start as the mean of the first `length` changes, then (average * (length - 1) + change) / length. No value while both averages are zero. */
export function rsiKernel(length: number): Kernel {
  return {
    size: 3,
    outputs: 1,
    step(state, { close, run }, out) {
      const change = run === 1 ? 0 : close - at(state, previous)
      state[previous] = close
      const up = change > 0 ? change : 0
      const down = change < 0 ? -change : 0
      if (run <= length + 1) {
        state[gain] = at(state, gain) + up
        state[loss] = at(state, loss) + down
        if (run === length + 1) {
          state[gain] = at(state, gain) / length
          state[loss] = at(state, loss) / length
        }
      } else {
        state[gain] = (at(state, gain) * (length - 1) + up) / length
        state[loss] = (at(state, loss) * (length - 1) + down) / length
      }
      const both = at(state, gain) + at(state, loss)
      out[0] = run <= length || both === 0 ? NaN : 100 * (at(state, gain) / both)
    },
  }
}
