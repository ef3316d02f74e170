type Slice = { readonly at: number; calls: number; failures: number }

/** Calls and failures of the last `slices` slices of `sliceMs` each; what is older is forgotten a slice at a time. */
export class OutcomeWindow {
  readonly #sliceMs: number
  readonly #length: number
  #slices: Slice[] = []
  constructor({ sliceMs, slices }: { readonly sliceMs: number; readonly slices: number }) {
    this.#sliceMs = sliceMs
    this.#length = slices
  }

  /** Counts one call that ended at a monotonic moment, and gives the totals of the window then. */
  record(failed: boolean, now: number): { readonly calls: number; readonly failures: number } {
    const at = Math.floor(now / this.#sliceMs)
    this.#slices = this.#slices.filter((slice) => slice.at > at - this.#length)
    let slice = this.#slices.at(-1)
    if (slice?.at !== at) this.#slices.push((slice = { at, calls: 0, failures: 0 }))
    slice.calls += 1
    if (failed) slice.failures += 1
    return {
      calls: this.#slices.reduce((sum, { calls }) => sum + calls, 0),
      failures: this.#slices.reduce((sum, { failures }) => sum + failures, 0),
    }
  }
}
