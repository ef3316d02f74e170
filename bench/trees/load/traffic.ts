const callsPerWindow = 100

/** Single rows in turn, as requests bring them. */
export class Traffic {
  readonly #rows: readonly Float64Array[]
  readonly #out = new Float64Array(1)
  #call = 0
  constructor(values: Float64Array, inputs: number) {
    this.#rows = Array.from({ length: values.length / inputs }, (_, r) => values.subarray(r * inputs, (r + 1) * inputs))
  }
  /** p99 in µs of 100 calls. */
  window(predict: (row: Float64Array, out: Float64Array) => void): number {
    const latencies = new Float64Array(callsPerWindow)
    for (let i = 0; i < callsPerWindow; i++) {
      const row = this.#rows[this.#call++ % this.#rows.length]!
      const before = performance.now()
      predict(row, this.#out)
      latencies[i] = (performance.now() - before) * 1e3
    }
    return latencies.sort()[Math.floor(callsPerWindow * 0.99) - 1]!
  }
}
