import { formatInstant } from '../contracts/instant.ts'

/** Formats instants and remembers the last one: neighbouring answers share their moments, and formatting costs as much as a tree model. */
export class InstantText {
  #ms = NaN
  #text = ''
  /** UTC text with `Z` of ms since the epoch. */
  of(ms: number): string {
    if (ms !== this.#ms) {
      this.#text = formatInstant(ms)
      this.#ms = ms
    }
    return this.#text
  }
}
