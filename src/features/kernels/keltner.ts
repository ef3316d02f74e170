import { at, type Kernel, trueRange, typicalPrice } from './kernel.ts'
import { exponential, wilder } from './smoothing.ts'

const [average, range, previous] = [0, 1, 2]

/** Share of the price within which the bands are no width: averages that never forget still come nearer to a price that stands still. */
const noWidth = 1e-9

/** Lengths of the middle and of the true range, and how many ranges the bands lie apart from the middle. */
export type KeltnerParameters = { readonly length: number; readonly rangeLength: number; readonly multiple: number }

/** Outputs: upper and lower Keltner band as in TA-Lib (exponential average of the typical price, Wilder's true range; both seeds end on the first bar with a value), and where the close lies between them; none while they are as near as rounding. */
export function keltnerKernel({ length, rangeLength, multiple }: KeltnerParameters): Kernel {
  const middle = exponential(length, average)
  const reach = wilder(rangeLength, range)
  const first = Math.max(length, rangeLength + 1)
  return {
    size: 3,
    outputs: 3,
    step(state, input, out) {
      const { close, run } = input
      middle.push(state, typicalPrice(input), run - (first - length))
      if (run > 1) reach.push(state, trueRange(input, at(state, previous)), run - (first - rangeLength))
      state[previous] = close
      out.fill(NaN)
      if (run < first) return
      const half = multiple * reach.value(state)
      const lower = middle.value(state) - half
      out[0] = middle.value(state) + half
      out[1] = lower
      if (half > noWidth * Math.abs(middle.value(state))) out[2] = (close - lower) / (2 * half)
    },
  }
}
