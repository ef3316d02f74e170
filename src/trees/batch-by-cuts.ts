import type { Stages } from './kernel/kernel.ts'

/** A kernel of stages that has its memory. `enter` puts a row of a batch where prepare() reads it; `words` is its memory, `out` the address of the sums. */
export type StagedKernel = {
  readonly words: Float64Array
  readonly stages: Stages
  readonly out: number
  readonly outputs: number
  readonly enter: (rows: Float64Array, row: number) => void
  readonly prepare: () => void
  readonly walk: (from: number, to: number) => void
}

/** Rows that go through the forest together: enough to pay for reading a cut's trees from far memory, few enough to leave the cache to the trees. */
const rowsTogether = 64

/** Rows of about a thousand inputs: larger ones would push the trees out of the cache that they are to stay in. */
const mostWaitingBytes = 1 << 20

/** Bytes of the rows that wait while others go through a cut. */
export function waitingBytes({ from, to }: Stages): number {
  return rowsTogether * (to - from)
}

/** Whether batches go through a forest faster cut by cut: it has several cuts, and its rows are small. */
export function gainsByCuts(stages: Stages): boolean {
  return stages.cuts.length > 2 && waitingBytes(stages) <= mostWaitingBytes
}

/** Raw scores of batches, to the bit those of single rows: the rows go through the forest cut by cut, so that a cut's trees stay in the core's own cache while it is used. */
export function batchByCuts({
  words,
  stages,
  out,
  outputs,
  enter,
  prepare,
  walk,
}: StagedKernel): (rows: Float64Array, count: number, scores: Float64Array) => void {
  const { from, to, cuts } = stages
  const state = words.subarray(from / 8, to / 8)
  const sums = (out - from) / 8
  const waiting = Array.from({ length: rowsTogether }, () => new Float64Array(state.length))
  const walkAll = (count: number, cut: number): void => {
    for (let r = 0; r < count; r++) {
      state.set(waiting[r]!)
      walk(cuts[cut]!, cuts[cut + 1]!)
      for (let k = 0; k < outputs; k++) waiting[r]![sums + k] = state[sums + k]!
    }
  }
  return (rows, count, scores) => {
    for (let first = 0; first < count; first += rowsTogether) {
      const together = Math.min(rowsTogether, count - first)
      for (let r = 0; r < together; r++) {
        enter(rows, first + r)
        prepare()
        waiting[r]!.set(state)
      }
      for (let cut = 0; cut + 1 < cuts.length; cut++) walkAll(together, cut)
      for (let r = 0; r < together; r++) for (let k = 0; k < outputs; k++) scores[(first + r) * outputs + k] = waiting[r]![sums + k]!
    }
  }
}
