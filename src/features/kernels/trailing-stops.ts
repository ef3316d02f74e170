import { at, type Kernel, trueRange } from './kernel.ts'
import { wilder } from './smoothing.ts'

/** How fast the parabola bends: `step` per new extreme, up to `most`. */
export type Acceleration = { readonly step: number; readonly most: number }

const [side, stop, extreme, acceleration, previousHigh, previousLow] = [0, 1, 2, 3, 4, 5]

/** The first side: down if the bar fell further below the one before than it rose above it. */
function begin(state: Float64Array, high: number, low: number): void {
  const [up, down] = [high - at(state, previousHigh), at(state, previousLow) - low]
  const rising = !(down > 0 && down > up)
  state[side] = rising ? 1 : -1
  state[extreme] = rising ? high : low
  state[stop] = rising ? at(state, previousLow) : at(state, previousHigh)
  state[previousHigh] = high
  state[previousLow] = low
}

/** The stop of this bar, and what the next bar's will be. Prices are seen from the side of the trend: below zero is mirrored, so that the trend always rises. */
function follow(state: Float64Array, { high, low }: { readonly high: number; readonly low: number }, { step, most }: Acceleration): number {
  const reversed = at(state, side) > 0 ? low <= at(state, stop) : high >= at(state, stop)
  if (reversed) state[side] = -at(state, side)
  const sign = at(state, side)
  const [best, worst] = sign > 0 ? [high, low] : [-low, -high]
  const worstBefore = sign > 0 ? at(state, previousLow) : -at(state, previousHigh)
  const current = reversed ? Math.min(sign * at(state, extreme), worstBefore, worst) : sign * at(state, stop)
  if (reversed) state[acceleration] = step
  else if (best > sign * at(state, extreme)) state[acceleration] = Math.min(most, at(state, acceleration) + step)
  const reach = reversed ? best : Math.max(best, sign * at(state, extreme))
  state[extreme] = sign * reach
  state[stop] = sign * Math.min(current + at(state, acceleration) * (reach - current), worstBefore, worst)
  return sign * current
}

/** Wilder's parabolic stop and reverse, as in TA-Lib. */
export function parabolicKernel(rate: Acceleration): Kernel {
  return {
    size: 6,
    outputs: 1,
    step(state, { high, low, run }, out) {
      if (run === 2) begin(state, high, low)
      if (run <= 2) state[acceleration] = rate.step
      out[0] = run === 1 ? NaN : follow(state, { high, low }, rate)
      state[previousHigh] = high
      state[previousLow] = low
    },
  }
}

const [previousClose, range, upper, lower, trend] = [0, 1, 2, 3, 4]

/** Moves both bands towards the price; one that the close before has crossed begins anew. */
function moveBands(state: Float64Array, { middle, reach, before }: { readonly middle: number; readonly reach: number; readonly before: number }): void {
  if (middle + reach < at(state, upper) || before > at(state, upper)) state[upper] = middle + reach
  if (middle - reach > at(state, lower) || before < at(state, lower)) state[lower] = middle - reach
}

/** Outputs: the line of Seban's supertrend, its side (1 below the price, -1 above), and the close over the line, minus one; as in TA-Lib the first side is 1. */
export function supertrendKernel(length: number, multiple: number): Kernel {
  const average = wilder(length, range)
  return {
    size: 5,
    outputs: 3,
    step(state, input, out) {
      const { high, low, close, run } = input
      const before = at(state, previousClose)
      if (run > 1) average.push(state, trueRange(input, before), run - 1)
      state[previousClose] = close
      out.fill(NaN)
      if (run <= length) return
      if (run === length + 1) state.set([Infinity, -Infinity, 1], upper)
      moveBands(state, { middle: (high + low) / 2, reach: multiple * average.value(state), before })
      const up = at(state, trend) > 0 ? close >= at(state, lower) : close > at(state, upper)
      state[trend] = up ? 1 : -1
      out[0] = up ? at(state, lower) : at(state, upper)
      out[1] = at(state, trend)
      out[2] = close / out[0] - 1
    },
  }
}
