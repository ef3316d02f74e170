import { at } from './kernel.ts'

/** Averages that never forget: one slot of the state, seeded with the mean of the first `length` values. `nth` counts the values from 1; calls with less are ignored. */
export type Smoothing = { push(state: Float64Array, value: number, nth: number): void; value(state: Float64Array): number }

function seeded(length: number, slot: number, next: (average: number, value: number) => number): Smoothing {
  return {
    push(state, value, nth) {
      if (nth < 1) return
      if (nth <= length) state[slot] = at(state, slot) + value
      if (nth === length) state[slot] = at(state, slot) / length
      if (nth > length) state[slot] = next(at(state, slot), value)
    },
    value: (state) => at(state, slot),
  }
}

/** Averages below this run out of digits, and what is left of them divided by each other says nothing: where a bar adds nothing they are kept as they are. No price moves by so little, so what moves next outweighs them to the last bit. */
export const faintest = 2 ** -900

/** Exponential average with weight 2 / (length + 1). */
export function exponential(length: number, slot: number): Smoothing {
  const weight = 2 / (length + 1)
  return seeded(length, slot, (average, value) => (value - average) * weight + average)
}

/** Wilder's average (1978): (average * (length - 1) + value) / length. */
export const wilder = (length: number, slot: number): Smoothing => seeded(length, slot, (average, value) => (average * (length - 1) + value) / length)

/** Average whose weights shrink by `decay` a bar. */
export const decaying = (decay: number, length: number, slot: number): Smoothing =>
  seeded(length, slot, (average, value) => decay * average + (1 - decay) * value)
