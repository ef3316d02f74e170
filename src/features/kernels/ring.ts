import { at } from './kernel.ts'

/** Where a block of a kernel keeps its memory: the first slot of the state that is its own. */
export type Place = { readonly from?: number; readonly lag?: number }

/** The last `length` values; `nth` counts the values from 1 and is that of the newest. */
export type Ring = {
  /** The first slot behind the ring. */
  readonly end: number
  put(state: Float64Array, value: number, nth: number): void
  /** The value put `age` puts before the newest. */
  get(state: Float64Array, nth: number, age: number): number
  /** Slot of the oldest value of a full ring. */
  oldest(nth: number): number
  /** Slot of the value put after that of a slot; after the newest comes the oldest. */
  next(slot: number): number
}

/** A ring of the last `length` values, from a slot of the state on. */
export function ring(length: number, from = 0): Ring {
  const end = from + length
  return {
    end,
    put(state, value, nth) {
      state[from + ((nth - 1) % length)] = value
    },
    get: (state, nth, age) => at(state, from + ((nth - 1 - age) % length)),
    oldest: (nth) => from + (nth % length),
    next: (slot) => (slot + 1 === end ? from : slot + 1),
  }
}
