/**
 * Names at the border of every kernel's module: the memory that it imports, and run(), which reads the row from that memory and writes raw scores to it.
 * A kernel of stages exports what run() consists of: prepare() turns the row into what trees compare and sets the sums to their first addends, walk(from, to) adds the
 * trees between two of its cuts.
 */
export const kernelNames = { module: 'e', memory: 'm', run: 'run', prepare: 'prepare', walk: 'walk' } as const

/** After prepare() all that walk() needs of a row, and its sums, are the bytes `from`..`to`: so many rows may take turns in it. `cuts` are arguments of walk, ascending, from no tree to all. */
export type Stages = { readonly from: number; readonly to: number; readonly cuts: readonly number[] }

/** A kernel with the contents of its memory; `row` and `out` are byte addresses in it. `code` is its module in the binary format. Plain data: it can be sent anywhere. */
export type Kernel = {
  readonly code: Uint8Array
  readonly image: Uint8Array<ArrayBuffer>
  readonly row: number
  readonly out: number
  /** undefined: the kernel runs as a whole only. */
  readonly stages: Stages | undefined
}

/** Bytes of trees between two cuts: half of what the smaller servers' cores have as a cache of their own. */
const cutBytes = 256 * 1024

/** Cuts a forest where `cutBytes` are full, at multiples of `unit` trees. `bytesBefore[t]` are the bytes of the trees before t. */
export function cutForest(bytesBefore: ArrayLike<number>, unit: number): readonly number[] {
  const trees = bytesBefore.length - 1
  const cuts = [0]
  for (let t = unit; t < trees; t += unit) if (bytesBefore[Math.min(t + unit, trees)]! - bytesBefore[cuts.at(-1)!]! > cutBytes) cuts.push(t)
  return [...cuts, trees]
}
