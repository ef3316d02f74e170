import { at, type Kernel } from './kernel.ts'
import { rollingExtreme } from './rolling-extreme.ts'
import { ring } from './ring.ts'

/** Outputs: highest high and lowest low of the last `length` bars, and where the close lies between them: 0 low, 1 high, none while they are equal. */
export function donchianKernel(length: number): Kernel {
  const highest = rollingExtreme(length, 1)
  const lowest = rollingExtreme(length, -1, highest.end)
  return {
    size: lowest.end,
    outputs: 3,
    step(state, { high, low, close, run }, out) {
      highest.push(state, high, run)
      lowest.push(state, low, run)
      out.fill(NaN)
      if (run < length) return
      const [top, bottom] = [highest.value(state), lowest.value(state)]
      out[0] = top
      out[1] = bottom
      if (top > bottom) out[2] = (close - bottom) / (top - bottom)
    },
  }
}

/** Williams' %R as in TA-Lib: minus 100 times the distance of the close from the highest high, over the range of `length` bars; none while there is no range (TA-Lib: 0). */
export function williamsKernel(length: number): Kernel {
  const channel = donchianKernel(length)
  const extremes = new Float64Array(channel.outputs)
  return {
    size: channel.size,
    outputs: 1,
    step(state, input, out) {
      channel.step(state, input, extremes)
      const [top, bottom] = extremes as unknown as [number, number]
      out[0] = top > bottom ? (-100 * (top - input.close)) / (top - bottom) : NaN
    },
  }
}

/** Outputs: Chande's Aroon up, down and their difference, as in TA-Lib: how recent the highest high and the lowest low of length + 1 bars are, the latest of equal ones. */
export function aroonKernel(length: number): Kernel {
  const highest = rollingExtreme(length + 1, 1)
  const lowest = rollingExtreme(length + 1, -1, highest.end)
  return {
    size: lowest.end,
    outputs: 3,
    step(state, { high, low, run }, out) {
      highest.push(state, high, run)
      lowest.push(state, low, run)
      const factor = run <= length ? NaN : 100 / length
      out[0] = factor * (length - (run - highest.nth(state)))
      out[1] = factor * (length - (run - lowest.nth(state)))
      out[2] = factor * (highest.nth(state) - lowest.nth(state))
    },
  }
}

/** The close over the highest close of the last `length` bars, minus one. */
export function drawdownKernel(length: number): Kernel {
  const highest = rollingExtreme(length, 1)
  return {
    size: highest.end,
    outputs: 1,
    step(state, { close, run }, out) {
      highest.push(state, close, run)
      out[0] = run < length ? NaN : close / highest.value(state) - 1
    },
  }
}

/** Share of the other closes of the last `length` bars that are lower, those that are equal counted half. O(length). */
export function rankKernel(length: number): Kernel {
  const closes = ring(length)
  return {
    size: closes.end,
    outputs: 1,
    step(state, { close, run }, out) {
      closes.put(state, close, run)
      out[0] = NaN
      if (run < length) return
      let halves = 0
      for (let i = 1, slot = closes.oldest(run); i < length; i++, slot = closes.next(slot)) halves += 1 + Math.sign(close - at(state, slot))
      out[0] = halves / 2 / (length - 1)
    },
  }
}
