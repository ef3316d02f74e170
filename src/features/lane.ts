import type { Kernel, StepInput } from './kernels/kernel.ts'

/** A kernel with the name under which sets share it, and the bars of a run from which its values are served. */
export type LaneSpec = { readonly key: string; readonly kernel: Kernel; readonly settled: number }

/** A step input whose fields are written anew for every bar. */
export type ReusedInput = { -readonly [field in keyof StepInput]: StepInput[field] }

const header = 2

/** The run of one kernel over one series: its state, and its values in rings of `capacity` rows (a power of two), NaN where there is none or it is not settled. */
export class Lane {
  readonly spec: LaneSpec
  /** One ring per output of the kernel. */
  readonly rings: readonly Float64Array[]
  readonly #runs: Int32Array
  readonly #state: Float64Array
  readonly #out: Float64Array
  #run = 0
  #origin = 0
  constructor(spec: LaneSpec, capacity: number) {
    this.spec = spec
    this.#state = new Float64Array(spec.kernel.size)
    this.#out = new Float64Array(spec.kernel.outputs)
    this.#runs = new Int32Array(capacity)
    this.rings = Array.from({ length: spec.kernel.outputs }, () => new Float64Array(capacity).fill(NaN))
  }

  /** Open time of the first bar that the state rests on. */
  get origin(): number {
    return this.#origin
  }

  /** Bars since the origin or the last gap, as of a row of the rings. */
  runAt(slot: number): number {
    return this.#runs[slot] as number
  }

  /** Forgets everything: the next bar is the first of a run. */
  restart(): void {
    this.#state.fill(0)
    this.#run = 0
  }

  /** Takes the next bar and writes its values at a row of the rings. */
  step(input: ReusedInput, slot: number): void {
    this.#run += 1
    if (this.#run === 1) this.#origin = input.openTime
    input.run = this.#run
    this.spec.kernel.step(this.#state, input, this.#out)
    this.#runs[slot] = this.#run
    const settled = this.#run >= this.spec.settled
    for (let i = 0; i < this.rings.length; i++) (this.rings[i] as Float64Array)[slot] = settled ? (this.#out[i] as number) : NaN
  }

  /** A copy of all that the lane remembers: run, origin, then the kernel's state. */
  snapshot(): Float64Array {
    const copy = new Float64Array(header + this.#state.length)
    copy[0] = this.#run
    copy[1] = this.#origin
    copy.set(this.#state, header)
    return copy
  }

  /** Goes back to a snapshot of the same kernel; without one (or with one of another size), to the beginning. */
  rewind(snapshot: Float64Array | undefined): void {
    if (snapshot?.length !== header + this.#state.length) return this.restart()
    this.#run = snapshot[0] as number
    this.#origin = snapshot[1] as number
    this.#state.set(snapshot.subarray(header))
  }
}
