import { addTo, sumAt, thousandOf } from './compensated-sum.ts'
import { at, type StepInput } from './kernel.ts'
import type { Place } from './ring.ts'

/** Sum of the last `length` values in O(1) a bar, exact to the last digits: compensated, and recomputed at every new thousand of bars. */
export type RollingSum = {
  /** The first slot behind the block. */
  readonly end: number
  /** Takes the value of this bar. With `lag` the first `lag` bars of a run have no value and are not pushed. */
  push(state: Float64Array, value: number, when: StepInput): void
  /** The sum; exactly zero if every value of the window is. */
  sum(state: Float64Array): number
}

/** A rolling sum over `length` values. */
export function rollingSum(length: number, { from = 0, lag = 0 }: Place = {}): RollingSum {
  const [block, filled, total, values] = [from, from + 1, from + 2, from + 4]
  const recompute = (state: Float64Array, nth: number): void => {
    state.fill(0, total, values)
    const kept = Math.min(nth, length)
    for (let i = nth - kept; i < nth; i++) addTo(state, total, at(state, values + (i % length)))
  }
  return {
    end: values + length,
    push(state, value, { run, index }) {
      const nth = run - lag
      const slot = values + ((nth - 1) % length)
      const leaving = nth > length ? at(state, slot) : 0
      const thousand = thousandOf(index)
      const anew = nth === 1 || thousand !== at(state, block)
      state[slot] = value
      state[block] = thousand
      state[filled] = at(state, filled) + Number(value !== 0) - Number(leaving !== 0)
      if (anew) return recompute(state, nth)
      addTo(state, total, -leaving)
      addTo(state, total, value)
    },
    sum: (state) => (at(state, filled) === 0 ? 0 : sumAt(state, total)),
  }
}
