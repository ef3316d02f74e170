import { at, type Kernel } from './kernel.ts'

const [previous, range] = [0, 1]

/** Outputs: Wilder's average true range as in TA-Lib (true ranges from the second bar on, seeded with their mean over `length`), and the same as a percentage of the close. */
export function atrKernel(length: number): Kernel {
  return {
    size: 2,
    outputs: 2,
    step(state, { high, low, close, run }, out) {
      const before = at(state, previous)
      state[previous] = close
      const trueRange = run === 1 ? 0 : Math.max(high - low, Math.abs(high - before), Math.abs(low - before))
      if (run <= length + 1) state[range] = at(state, range) + trueRange
      if (run === length + 1) state[range] = at(state, range) / length
      if (run > length + 1) state[range] = (at(state, range) * (length - 1) + trueRange) / length
      out[0] = run <= length ? NaN : at(state, range)
      out[1] = run <= length ? NaN : (100 * at(state, range)) / close
    },
  }
}
