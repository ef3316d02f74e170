import { at, type Kernel, typicalPrice } from './kernel.ts'
import { ring } from './ring.ts'
import { rollingSum } from './rolling-sum.ts'

/** Typical prices of equal sums differ by the rounding of their additions: a change below this share of the price is none. TA-Lib has such a limit too. */
const rounding = 1e-13

/** Lambert's commodity channel index as in TA-Lib: distance of the typical price from its mean, over 0.015 mean absolute deviations; none while the typical price does not change. O(length). */
export function cciKernel(length: number): Kernel {
  const prices = ring(length)
  return {
    size: prices.end,
    outputs: 1,
    step(state, input, out) {
      const { run } = input
      const price = typicalPrice(input)
      prices.put(state, price, run)
      out[0] = NaN
      if (run < length) return
      let sum = 0
      let moved = false
      for (let i = 0, slot = prices.oldest(run); i < length; i++, slot = prices.next(slot)) {
        sum += at(state, slot)
        moved ||= Math.abs(at(state, slot) - price) > rounding * price
      }
      if (!moved) return
      const mean = sum / length
      let deviations = 0
      for (let i = 0, slot = prices.oldest(run); i < length; i++, slot = prices.next(slot)) deviations += Math.abs(at(state, slot) - mean)
      out[0] = (price - mean) / (0.015 * (deviations / length))
    },
  }
}

/** Money flow index as in TA-Lib: share in percent of price times volume that was traded on bars whose typical price rose, of that on bars where it moved; none while nothing was traded on such bars. */
export function moneyFlowKernel(length: number): Kernel {
  const rising = rollingSum(length, { lag: 1 })
  const falling = rollingSum(length, { from: rising.end, lag: 1 })
  const previous = falling.end
  return {
    size: previous + 1,
    outputs: 1,
    step(state, input, out) {
      const price = typicalPrice(input)
      const before = at(state, previous)
      state[previous] = price
      out[0] = NaN
      if (input.run === 1) return
      const change = price - before
      const moved = Math.abs(change) > rounding * price ? price * input.volume : 0
      rising.push(state, change > 0 ? moved : 0, input)
      falling.push(state, change < 0 ? moved : 0, input)
      const both = rising.sum(state) + falling.sum(state)
      if (input.run > length && both > 0) out[0] = 100 * (rising.sum(state) / both)
    },
  }
}
