import type { Lane } from './lane.ts'

/** Stands in a row for a value that was computed and is not believed. */
export const refusedValue = Infinity

/** What each number of a row may be: one pass over a row that is written costs less than a look at each value as it is made. */
export class RowRanges {
  readonly #lanes: readonly Lane[]
  readonly #least: Float64Array
  readonly #most: Float64Array
  readonly #onRefused: ((key: string, output: number) => void) | undefined
  constructor(lanes: Iterable<Lane>, onRefused?: (key: string, output: number) => void) {
    this.#lanes = [...lanes]
    const bounds = this.#lanes.flatMap((lane) => lane.bounds())
    this.#least = Float64Array.from(bounds, ({ min }) => min)
    this.#most = Float64Array.from(bounds, ({ max }) => max)
    this.#onRefused = onRefused
  }

  /** Puts a mark in place of every value outside of its range, in the row that begins at `begin`; values that are not there stay so. */
  check(values: Float64Array, begin: number, closeTime: number): void {
    const least = this.#least
    const most = this.#most
    for (let i = 0; i < least.length; i++) {
      const value = values[begin + i] as number
      if (value < (least[i] as number) || value > (most[i] as number)) {
        this.#refuse(i, { value, closeTime })
        values[begin + i] = refusedValue
      }
    }
  }

  #refuse(place: number, refused: { readonly value: number; readonly closeTime: number }): void {
    const lane = this.#lanes.findLast(({ offset }) => offset < place) as Lane
    const output = place - lane.offset - 1
    lane.refuse(output, refused)
    this.#onRefused?.(lane.spec.key, output)
  }
}
