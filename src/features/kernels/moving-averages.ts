import { at, type Kernel } from './kernel.ts'
import { rollingMoments } from './rolling-moments.ts'

/** Simple moving average of the last `length` closes. */
export function smaKernel(length: number): Kernel {
  const moments = rollingMoments(length)
  return {
    size: moments.size,
    outputs: 1,
    step(state, input, out) {
      moments.push(state, input.close, input)
      out[0] = input.run < length ? NaN : moments.mean(state)
    },
  }
}

/** Exponential moving average as in TA-Lib: seeded with the mean of the first `length` closes, then e += (C - e) * 2 / (length + 1). */
export function emaKernel(length: number): Kernel {
  const weight = 2 / (length + 1)
  return {
    size: 1,
    outputs: 1,
    step(state, { close, run }, out) {
      if (run <= length) state[0] = at(state, 0) + close
      if (run === length) state[0] = at(state, 0) / length
      if (run > length) state[0] = (close - at(state, 0)) * weight + at(state, 0)
      out[0] = run < length ? NaN : at(state, 0)
    },
  }
}
