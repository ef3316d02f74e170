import { at } from './kernel.ts'

/** Bars between two exact recomputations of running sums: wherever openTime / timeframe enters a new thousand, so that series of any origin recompute at the same bars. */
const barsBetweenRecomputes = 1000

/** The thousand that a bar belongs to. */
export const thousandOf = (index: number): number => Math.floor(index / barsBetweenRecomputes)

/** Adds to a sum kept in two doubles, `slot` and the one behind it (Neumaier 1974), so that what is added and later taken away again leaves no trace. */
export function addTo(state: Float64Array, slot: number, value: number): void {
  const before = at(state, slot)
  const after = before + value
  const lost = Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before
  state[slot] = after
  state[slot + 1] = at(state, slot + 1) + lost
}

/** The sum that `addTo` keeps. */
export const sumAt = (state: Float64Array, slot: number): number => at(state, slot) + at(state, slot + 1)
