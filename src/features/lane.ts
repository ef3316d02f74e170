import { anyNumber } from './catalog/family.ts'
import { boundsOf, type Range } from './expressions/ranges.ts'
import type { Kernel } from './kernels/kernel.ts'
import type { StepBar } from './step-bar.ts'

/** A kernel with the name under which sets share it, the bars of a run from which each output is served, and what each can be (any number where it is not said). */
export type LaneSpec = { readonly key: string; readonly kernel: Kernel; readonly settled: readonly number[]; readonly ranges?: readonly Range[] }

/** The value of an output that was not believed last, and the close of its bar. */
export type RefusedValue = { readonly value: number; readonly closeTime: number }

const header = 2

/**
 * The run of one kernel over one series: its state, and where its values stand in a row: at `offset` its run (bars since its first bar or the last gap), behind it one value per
 * output, NaN where there is none or it is not settled.
 */
export class Lane {
  readonly spec: LaneSpec
  readonly offset: number
  readonly #state: Float64Array
  readonly #out: Float64Array
  readonly #refused = new Map<number, RefusedValue>()
  #run = 0
  #origin = 0
  constructor(spec: LaneSpec, offset: number) {
    this.spec = spec
    this.offset = offset
    this.#state = new Float64Array(spec.kernel.size)
    this.#out = new Float64Array(spec.kernel.outputs)
  }

  /** Numbers that the lane writes in a row. */
  get width(): number {
    return 1 + this.spec.kernel.outputs
  }
  /** Open time of the first bar that the state rests on. */
  get origin(): number {
    return this.#origin
  }

  /** Forgets everything: the next bar is the first of a run. */
  restart(): void {
    this.#state.fill(0)
    this.#run = 0
  }

  /** Takes the next bar and writes its part of the row that begins at `row`. */
  step(input: StepBar, values: Float64Array, row: number): void {
    this.#run += 1
    if (this.#run === 1) this.#origin = input.openTime
    input.run = this.#run
    this.spec.kernel.step(this.#state, input, this.#out)
    const { settled } = this.spec
    const at = row + this.offset
    values[at] = this.#run
    for (let i = 0; i < this.#out.length; i++) values[at + 1 + i] = this.#run >= (settled[i] as number) ? (this.#out[i] as number) : NaN
  }

  /** What the numbers that it writes may be: its run, then each output. */
  bounds(): Range[] {
    const { kernel, ranges } = this.spec
    return [anyNumber, ...Array.from({ length: kernel.outputs }, (_, output) => boundsOf(ranges?.[output] ?? anyNumber))]
  }

  /** Remembers a value that is not believed. */
  refuse(output: number, refused: RefusedValue): void {
    this.#refused.set(output, refused)
  }

  /** The value of an output that was not believed last. */
  refused(output: number): RefusedValue | undefined {
    return this.#refused.get(output)
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
