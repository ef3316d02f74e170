import type { Kernel } from './kernel.ts'
import { rollingMoments } from './rolling-moments.ts'

/** Outputs: position of the close between the bands (0 = lower, 1 = upper; none while the closes do not move), and width of the bands over their middle. Population standard deviation. */
export function bollingerKernel(length: number, deviations: number): Kernel {
  const moments = rollingMoments(length)
  return {
    size: moments.size,
    outputs: 2,
    step(state, input, out) {
      moments.push(state, input.close, input)
      out[0] = NaN
      out[1] = NaN
      if (input.run < length) return
      const middle = moments.mean(state)
      const half = deviations * Math.sqrt(moments.variance(state))
      if (half > 0) out[0] = (input.close - (middle - half)) / (2 * half)
      out[1] = (2 * half) / middle
    },
  }
}
