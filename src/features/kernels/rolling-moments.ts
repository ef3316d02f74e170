import { at, type StepInput } from './kernel.ts'

const header = 8
const [block, shift, sum, sumRest, squares, squaresRest, last, same] = [0, 1, 2, 3, 4, 5, 6, 7]
const barsBetweenRecomputes = 1000
/** Squared mean over variance, both around the shift, beyond which too many digits cancel: the shift is some 30 deviations away from the values. */
const farAway = 1000

/** Adds to a sum kept in two doubles (Neumaier), so that what is added and later taken away again leaves no trace. */
function add(state: Float64Array, slot: number, value: number): void {
  const before = at(state, slot)
  const after = before + value
  const lost = Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before
  state[slot] = after
  state[slot + 1] = at(state, slot + 1) + lost
}

/**
 * Mean and population variance of the last `length` values in O(1) a bar. Sums are taken around a shift and recomputed exactly whenever openTime / timeframe enters a new thousand,
 * and when the values have moved so far from the shift that digits would cancel.
 */
export type RollingMoments = {
  readonly size: number
  /** Takes the value of this bar. With `lag` the first `lag` bars of a run have no value and are not pushed. */
  push(state: Float64Array, value: number, when: StepInput): void
  mean(state: Float64Array): number
  variance(state: Float64Array): number
}

/** Takes a value into the sums, or out of them. */
function include(state: Float64Array, value: number, sign: 1 | -1): void {
  const distance = value - at(state, shift)
  add(state, sum, sign * distance)
  add(state, squares, sign * distance * distance)
}

/** Mean of the window around the shift. */
const centred = (state: Float64Array, length: number): number => (at(state, sum) + at(state, sumRest)) / length

/** Variance of the window as its sums have it: rounding may leave it slightly below zero. */
function rawVariance(state: Float64Array, length: number): number {
  const mean = centred(state, length)
  return (at(state, squares) + at(state, squaresRest)) / length - mean * mean
}

/** Rolling moments over `length` values, the first of which comes at bar `lag + 1` of a run. */
export function rollingMoments(length: number, lag = 0): RollingMoments {
  const recompute = (state: Float64Array, count: number): void => {
    state.fill(0, shift, last)
    const kept = Math.min(count, length)
    state[shift] = at(state, header + ((count - kept) % length))
    for (let i = count - kept; i < count; i++) include(state, at(state, header + (i % length)), 1)
  }
  const cancels = (state: Float64Array): boolean => centred(state, length) ** 2 > farAway * rawVariance(state, length)
  const flat = (state: Float64Array): boolean => at(state, same) >= length
  return {
    size: header + length,
    push(state, value, { run, index }) {
      const count = run - lag
      const slot = header + ((count - 1) % length)
      const thousand = Math.floor(index / barsBetweenRecomputes)
      const anew = count === 1 || thousand !== at(state, block) || (count > length && cancels(state))
      if (!anew && count > length) include(state, at(state, slot), -1)
      state[slot] = value
      if (anew) recompute(state, count)
      else include(state, value, 1)
      state[block] = thousand
      state[same] = count > 1 && value === at(state, last) ? at(state, same) + 1 : 1
      state[last] = value
    },
    mean: (state) => (flat(state) ? at(state, last) : at(state, shift) + centred(state, length)),
    variance: (state) => (flat(state) ? 0 : Math.max(0, rawVariance(state, length))),
  }
}
