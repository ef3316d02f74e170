import { Arena } from '../arena.ts'
import type { Ensemble } from '../ensemble.ts'
import { isCategorical, wordsOf, type Slots } from './slots.ts'

/** Trees walked at once, so that their chains of loads overlap. */
export const lanes = 8
/** Bytes of a node: threshold, 64-bit set or leaf value; address of its two children; address of its slot. */
export const nodeBytes = 16
/** Bytes that describe a numeric slot: replacement, zero band, address of its input. */
export const numericBytes = 24
/** Bytes that describe a category slot: address of its input, its word. */
export const categoryBytes = 8

/** Addresses of everything in the kernel's memory; `bytes` is a whole number of pages. */
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
  readonly bytes: number
}

/** Pairs of children that the nodes need: one each, categorical ones one per word. */
function pairsOf(ensemble: Ensemble): number {
  let pairs = 0
  for (let node = 0; node < ensemble.feature.length; node++) pairs += isCategorical(ensemble, node) ? wordsOf(ensemble, node).length : 1
  return pairs
}

/** Assigns addresses. Nothing is written yet, so a forest too large for its memory can be turned away first. */
export function layOutWide(ensemble: Ensemble, slots: Slots): WideLayout {
  const arena = new Arena()
  const paddedTrees = Math.ceil(ensemble.trees / lanes) * lanes
  const addresses = {
    slots: arena.take(slots.count * 8),
    out: arena.take(ensemble.outputs * 8),
    base: arena.take(ensemble.outputs * 8),
    numeric: arena.take(slots.numeric.length * numericBytes),
    categories: arena.take(slots.categories.length * categoryBytes),
    roots: arena.take(paddedTrees * nodeBytes),
    children: arena.take(pairsOf(ensemble) * 2 * nodeBytes),
  }
  return { ...addresses, paddedTrees, bytes: arena.bytes }
}
