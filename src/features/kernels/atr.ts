import { at, type Kernel, trueRange } from './kernel.ts'
import { wilder } from './smoothing.ts'

const [previous, range] = [0, 1]

/** Outputs: Wilder's average true range as in TA-Lib (true ranges from the second bar on, seeded with their mean over `length`), and the same as a percentage of the close. */
export function atrKernel(length: number): Kernel {
  const average = wilder(length, range)
  return {
    size: 2,
    outputs: 2,
    step(state, input, out) {
      const { close, run } = input
      if (run > 1) average.push(state, trueRange(input, at(state, previous)), run - 1)
      state[previous] = close
      out[0] = run <= length ? NaN : average.value(state)
      out[1] = run <= length ? NaN : (100 * average.value(state)) / close
    },
  }
}
