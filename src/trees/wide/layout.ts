import { Arena } from '../kernel/arena.ts'
import { isCategorical, leafCount, type Ensemble } from '../ensemble.ts'
import { cutForest } from '../kernel/kernel.ts'
import { wordsOf, type Slots } from './slots.ts'

/** Trees walked at once, so that their chains of loads overlap. */
export const lanes = 8
/** Bytes of a node: threshold, 64-bit set, leaf value or address of a leaf's values; address of its two children; address of its slot. */
export const nodeBytes = 16
/** Bytes that describe a numeric slot: replacement, zero band, address of its input. */
export const numericBytes = 24
/** Bytes that describe a category slot: address of its input, its word. */
export const categoryBytes = 8

/** Addresses of everything in the kernel's memory, slots and sums first; `bytes` is a whole number of pages. */
export type WideLayout = {
  readonly slots: number
  readonly out: number
  readonly base: number
  readonly numeric: number
  readonly categories: number
  /** One root per tree, filled up to whole groups with leaves that add nothing. */
  readonly roots: number
  readonly paddedTrees: number
  /** Children, side by side: where the step "no" leads, then where "yes" does. */
  readonly children: number
  /** Values of the leaves where they have several, last those of the trees that add nothing. */
  readonly leaves: number
  readonly cuts: readonly number[]
  readonly bytes: number
}

/** Bytes of leaves that have several values: those that have one hold it as nodes. */
const valueBytes = ({ leafWidth }: Ensemble, leaves: number): number => (leafWidth > 1 ? leaves * leafWidth * 8 : 0)

/** Bytes of the nodes of the trees before t, roots apart: a pair of children for each node, for categorical ones one per word. */
function bytesBeforeTrees(ensemble: Ensemble): Float64Array {
  const before = new Float64Array(ensemble.trees + 1)
  for (let t = 0; t < ensemble.trees; t++) {
    let pairs = 0
    for (let node = ensemble.nodeOffset[t]!; node < ensemble.nodeOffset[t + 1]!; node++)
      pairs += isCategorical(ensemble, node) ? wordsOf(ensemble, node).length : 1
    before[t + 1] = before[t]! + pairs * 2 * nodeBytes
  }
  return before
}

/** Assigns addresses. Nothing is written yet, so a forest too large for its memory can be turned away first. */
export function layOutWide(ensemble: Ensemble, slots: Slots): WideLayout {
  const arena = new Arena()
  const before = bytesBeforeTrees(ensemble)
  const paddedTrees = Math.ceil(ensemble.trees / lanes) * lanes
  const addresses = {
    slots: arena.take(slots.count * 8),
    out: arena.take(ensemble.outputs * 8),
    base: arena.take(ensemble.outputs * 8),
    numeric: arena.take(slots.numeric.length * numericBytes),
    categories: arena.take(slots.categories.length * categoryBytes),
    roots: arena.take(paddedTrees * nodeBytes),
    children: arena.take(before[ensemble.trees]!),
    leaves: arena.take(valueBytes(ensemble, leafCount(ensemble) + 1)),
  }
  return { ...addresses, paddedTrees, cuts: cutForest(before, lanes), bytes: arena.bytes }
}
