import { at, type Kernel } from './kernel.ts'
import { rollingMoments } from './rolling-moments.ts'

const clip = 8

/** Standard score of ln(1 + volume) among the last `length` bars, within ±8; none while the volume does not change. */
export function volumeScoreKernel(length: number): Kernel {
  const moments = rollingMoments(length)
  return {
    size: moments.end,
    outputs: 1,
    step(state, input, out) {
      const value = Math.log1p(input.volume)
      moments.push(state, value, input)
      out[0] = NaN
      if (input.run < length) return
      const deviation = Math.sqrt(moments.variance(state))
      if (deviation > 0) out[0] = Math.min(clip, Math.max(-clip, (value - moments.mean(state)) / deviation))
    },
  }
}

/**
 * Least-squares slope of on-balance volume over the last `length` bars, over their mean volume; none while that is zero. Computed afresh from the window at every bar
 * (O(length)), so it rests on nothing older: the level of OBV is arbitrary and grows without bound.
 */
export function obvSlopeKernel(length: number): Kernel {
  const middle = (length - 1) / 2
  const spread = (length * (length * length - 1)) / 12
  return {
    size: 1 + 2 * length,
    outputs: 1,
    step(state, { close, volume, run }, out) {
      const slot = (run - 1) % length
      const change = run === 1 ? 0 : close - at(state, 0)
      state[0] = close
      state[1 + slot] = Math.sign(change) * volume
      state[1 + length + slot] = volume
      out[0] = NaN
      if (run < length) return
      let level = 0
      let covariance = 0
      let volumes = 0
      for (let i = 0; i < length; i++) {
        const from = (slot + 1 + i) % length
        if (i > 0) level += at(state, 1 + from)
        covariance += (i - middle) * level
        volumes += at(state, 1 + length + from)
      }
      if (volumes > 0) out[0] = covariance / spread / (volumes / length)
    },
  }
}
