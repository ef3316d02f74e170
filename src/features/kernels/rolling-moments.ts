import { addTo, sumAt, thousandOf } from './compensated-sum.ts'
import { at, type StepInput } from './kernel.ts'
import type { Place } from './ring.ts'

/** Squared mean over variance, both around the shift, beyond which too many digits cancel: the shift is some 30 deviations away from the values; 3, if fourth powers are summed. */
const farAway = { 2: 1000, 4: 10 } as const

/**
 * Mean and population variance (with `powers` 4, skewness and kurtosis too) of the last `length` values in O(1) a bar. Sums are taken around a shift and recomputed exactly
 * whenever openTime / timeframe enters a new thousand, and when the values have moved so far from the shift that digits would cancel.
 */
export type RollingMoments = {
  /** The first slot behind the block. */
  readonly end: number
  /** Takes the value of this bar. With `lag` the first `lag` bars of a run have no value and are not pushed. */
  push(state: Float64Array, value: number, when: StepInput): void
  mean(state: Float64Array): number
  variance(state: Float64Array): number
  /** Third central moment; with `powers` 4 only. */
  third(state: Float64Array): number
  /** Fourth central moment; with `powers` 4 only. */
  fourth(state: Float64Array): number
}

/** Adds the powers of a value's distance from the shift to the sums that stand behind it, or takes them away. */
const powerSums =
  (shift: number, end: number) =>
  (state: Float64Array, value: number, sign: 1 | -1): void => {
    const distance = value - at(state, shift)
    for (let slot = shift + 1, power = sign * distance; slot < end; slot += 2, power *= distance) addTo(state, slot, power)
  }

/** `strict`: the digits that the value of this very bar cancels are restored too, where else the next bar would; windows of a few values that jump need it. */
export type MomentsOptions = Place & { readonly powers?: 2 | 4; readonly strict?: true }

/** Rolling moments over `length` values, the first of which comes at bar `lag + 1` of a run. */
export function rollingMoments(length: number, { from = 0, lag = 0, powers = 2, strict }: MomentsOptions = {}): RollingMoments {
  const [block, shift, sums] = [from, from + 1, from + 2]
  const last = sums + 2 * powers
  const [same, values] = [last + 1, last + 2]
  const raw = (state: Float64Array, power: number): number => sumAt(state, sums + 2 * (power - 1)) / length
  const include = powerSums(shift, last)
  const recompute = (state: Float64Array, count: number): void => {
    state.fill(0, shift, last)
    const kept = Math.min(count, length)
    state[shift] = at(state, values + ((count - kept) % length))
    for (let i = count - kept; i < count; i++) include(state, at(state, values + (i % length)), 1)
  }
  /** Rounding may leave it slightly below zero. */
  const rawVariance = (state: Float64Array): number => raw(state, 2) - raw(state, 1) * raw(state, 1)
  const cancels = (state: Float64Array): boolean => raw(state, 1) ** 2 > farAway[powers] * rawVariance(state)
  const enter = (state: Float64Array, value: number, count: number): void => {
    include(state, value, 1)
    if (strict && count >= length && cancels(state)) recompute(state, count)
  }
  const flat = (state: Float64Array): boolean => at(state, same) >= length
  return {
    end: values + length,
    push(state, value, { run, index }) {
      const count = run - lag
      const slot = values + ((count - 1) % length)
      const thousand = thousandOf(index)
      const anew = count === 1 || thousand !== at(state, block) || (count > length && cancels(state))
      if (!anew && count > length) include(state, at(state, slot), -1)
      state[slot] = value
      if (anew) recompute(state, count)
      else enter(state, value, count)
      state[block] = thousand
      state[same] = count > 1 && value === at(state, last) ? at(state, same) + 1 : 1
      state[last] = value
    },
    mean: (state) => (flat(state) ? at(state, last) : at(state, shift) + raw(state, 1)),
    variance: (state) => (flat(state) ? 0 : Math.max(0, rawVariance(state))),
    third: (state) => raw(state, 3) - 3 * raw(state, 1) * raw(state, 2) + 2 * raw(state, 1) ** 3,
    fourth: (state) => raw(state, 4) - 4 * raw(state, 1) * raw(state, 3) + 6 * raw(state, 1) ** 2 * raw(state, 2) - 3 * raw(state, 1) ** 4,
  }
}
