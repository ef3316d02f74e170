import { at } from './kernel.ts'

/** The largest (or smallest) of the last `length` values, O(1) a bar on average: a queue of the values that no later one has beaten. Of equal values the latest counts. */
export type RollingExtreme = {
  /** The first slot behind the block. */
  readonly end: number
  /** Takes a value; `nth` counts them from 1. */
  push(state: Float64Array, value: number, nth: number): void
  value(state: Float64Array): number
  /** Number of the value that is the extreme, on the count of `push`. */
  nth(state: Float64Array): number
}

/** The rolling largest value with `sign` 1, the smallest with -1, over `length` values, from a slot of the state on. */
export function rollingExtreme(length: number, sign: 1 | -1, from = 0): RollingExtreme {
  const [head, count, values, numbers] = [from, from + 1, from + 2, from + 2 + length]
  return {
    end: numbers + length,
    push(state, value, nth) {
      let first = at(state, head)
      let kept = at(state, count)
      if (kept > 0 && at(state, numbers + first) <= nth - length) {
        first = (first + 1) % length
        kept -= 1
      }
      while (kept > 0 && sign * at(state, values + ((first + kept - 1) % length)) <= sign * value) kept -= 1
      const slot = (first + kept) % length
      state[values + slot] = value
      state[numbers + slot] = nth
      state[head] = first
      state[count] = kept + 1
    },
    value: (state) => at(state, values + at(state, head)),
    nth: (state) => at(state, numbers + at(state, head)),
  }
}
