import type { Kernel } from './kernel.ts'
import { rollingMoments } from './rolling-moments.ts'

/** Outputs: position of the close between the bands (0 = lower, 1 = upper; none while the closes do not move), width of the bands over their middle, upper and lower band. Population standard deviation. */
export function bollingerKernel(length: number, deviations: number): Kernel {
  const moments = rollingMoments(length)
  return {
    size: moments.end,
    outputs: 4,
    step(state, input, out) {
      moments.push(state, input.close, input)
      out.fill(NaN)
      if (input.run < length) return
      const middle = moments.mean(state)
      const half = deviations * Math.sqrt(moments.variance(state))
      if (half > 0) out[0] = (input.close - (middle - half)) / (2 * half)
      out[1] = (2 * half) / middle
      out[2] = middle + half
      out[3] = middle - half
    },
  }
}
