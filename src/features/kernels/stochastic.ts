import { at, type Kernel } from './kernel.ts'
import { ring } from './ring.ts'
import { rollingExtreme } from './rolling-extreme.ts'
import { rsiKernel } from './rsi.ts'

/** Bars of the range, of the average that makes %K, and of the average of %K that makes %D. */
export type StochasticLengths = { readonly length: number; readonly slowing: number; readonly smoothing: number }

type Candle = { readonly high: number; readonly low: number; readonly close: number }

/** Mean of a ring's values from the oldest to the newest; NaN if one of them is. */
function meanOf(state: Float64Array, values: ReturnType<typeof ring>, { length, nth }: { readonly length: number; readonly nth: number }): number {
  let sum = 0
  for (let i = 0, slot = values.oldest(nth); i < length; i++, slot = values.next(slot)) sum += at(state, slot)
  return sum / length
}

/** The block behind both kernels: writes %K and %D once both exist; NaN for each average that holds a moment without a range. */
function stochastic({ length, slowing, smoothing }: StochasticLengths, from: number) {
  const highest = rollingExtreme(length, 1, from)
  const lowest = rollingExtreme(length, -1, highest.end)
  const fast = ring(slowing, lowest.end)
  const slow = ring(smoothing, fast.end)
  return {
    end: slow.end,
    push(state: Float64Array, { high, low, close, nth }: Candle & { readonly nth: number }, out: Float64Array): void {
      out.fill(NaN)
      highest.push(state, high, nth)
      lowest.push(state, low, nth)
      if (nth < length) return
      const range = highest.value(state) - lowest.value(state)
      const fasts = nth - length + 1
      fast.put(state, range > 0 ? (100 * (close - lowest.value(state))) / range : NaN, fasts)
      if (fasts < slowing) return
      const slows = fasts - slowing + 1
      const percentK = meanOf(state, fast, { length: slowing, nth: fasts })
      slow.put(state, percentK, slows)
      if (slows < smoothing) return
      out[0] = percentK
      out[1] = meanOf(state, slow, { length: smoothing, nth: slows })
    },
  }
}

/** Outputs: slow %K and %D of Lane's stochastic, both from the bar on which %D begins, as in TA-Lib; none while a window had no range (TA-Lib: 0). */
export function stochasticKernel(lengths: StochasticLengths): Kernel {
  const block = stochastic(lengths, 0)
  return {
    size: block.end,
    outputs: 2,
    step: (state, { high, low, close, run }, out) => block.push(state, { high, low, close, nth: run }, out),
  }
}

/**
 * Outputs: %K and %D of the relative strength index; where that is undefined it counts as 0, as in TA-Lib. A close that stays where it was shrinks both averages of the index alike, so the index
 * stays too: what moves in its last digits is rounding, which a range of nothing else would show as a value.
 */
export function stochasticRsiKernel(rsiLength: number, lengths: StochasticLengths): Kernel {
  const rsi = rsiKernel(rsiLength)
  const [previous, index] = [rsi.size, rsi.size + 1]
  const block = stochastic(lengths, rsi.size + 2)
  return {
    size: block.end,
    outputs: 2,
    step(state, input, out) {
      const nth = input.run - rsiLength
      rsi.step(state, input, out)
      if (nth <= 1 || input.close !== at(state, previous)) state[index] = Number.isNaN(out[0]) ? 0 : (out[0] as number)
      state[previous] = input.close
      out.fill(NaN)
      const value = at(state, index)
      if (nth > 0) block.push(state, { high: value, low: value, close: value, nth }, out)
    },
  }
}
