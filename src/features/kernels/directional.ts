import { at, type Kernel, type StepInput, trueRange } from './kernel.ts'
import { faintest } from './smoothing.ts'

const [previousHigh, previousLow, previousClose, plus, minus, range, index] = [0, 1, 2, 3, 4, 5, 6]

/** Wilder's sum: plain over the first `length` - 1 values, then each bar loses a share of it. */
function accumulate(
  state: Float64Array,
  slot: number,
  { value, nth, length }: { readonly value: number; readonly nth: number; readonly length: number },
): void {
  const before = at(state, slot)
  state[slot] = nth < length ? before + value : before - before / length + value
}

/** Sums of moves may be this much fainter than those of ranges before they are kept: what they are of a range that is kept is nothing then. */
const faintestMoves = faintest * 2 ** -100

/** A move of which there is one, and more than of the other; else nothing. */
const beyond = (move: number, other: number): number => (move > 0 && move > other ? move : 0)

/** Adds what the bar moved beyond the one before, upwards or downwards, whichever is more, and its range. Sums of a market that stands still keep their proportions, for however long. */
function addMoves(state: Float64Array, input: StepInput, length: number): void {
  const nth = input.run - 1
  const reach = trueRange(input, at(state, previousClose))
  if (reach === 0 && nth > length && at(state, range) < faintest) return
  accumulate(state, range, { value: reach, nth, length })
  const up = input.high - at(state, previousHigh)
  const down = at(state, previousLow) - input.low
  const [rise, fall] = [beyond(up, down), beyond(down, up)]
  if (rise + fall === 0 && nth > length && at(state, plus) + at(state, minus) < faintestMoves) return
  accumulate(state, plus, { value: rise, nth, length })
  accumulate(state, minus, { value: fall, nth, length })
}

/** Takes the nth directional index into its average: summed over `length` of them, then Wilder's. Bars that moved neither way are skipped, as in TA-Lib. */
function addIndex(state: Float64Array, nth: number, length: number): void {
  const [rising, falling] = [at(state, plus), at(state, minus)]
  const both = rising + falling
  const value = both > 0 ? 100 * (Math.abs(falling - rising) / both) : NaN
  if (nth <= length && both > 0) state[index] = at(state, index) + value
  if (nth === length) state[index] = at(state, index) / length
  if (nth > length && both > 0) state[index] = (at(state, index) * (length - 1) + value) / length
}

/** Outputs: Wilder's +DI, -DI and average directional index, as in TA-Lib; none while the bars have had no range. */
export function directionalKernel(length: number): Kernel {
  return {
    size: 7,
    outputs: 3,
    step(state, input, out) {
      const { high, low, close, run } = input
      if (run > 1) addMoves(state, input, length)
      if (run > length) addIndex(state, run - length, length)
      state[previousHigh] = high
      state[previousLow] = low
      state[previousClose] = close
      out.fill(NaN)
      if (run <= length || at(state, range) === 0) return
      out[0] = (100 * at(state, plus)) / at(state, range)
      out[1] = (100 * at(state, minus)) / at(state, range)
      if (run >= 2 * length) out[2] = at(state, index)
    },
  }
}
