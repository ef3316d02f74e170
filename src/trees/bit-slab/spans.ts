import { leafCount, missing, missingOf, sendsMissingRight, type Ensemble } from '../ensemble.ts'
import type { Quantised } from '../quantise.ts'

/** Where a missing value takes a numeric span: a position of the kernel serves left or right; `either` fits both. */
export type Bias = 'left' | 'right' | 'either'

/**
 * What one node does to one block of 32 leaves: if its test fails, the leaves of `mask` (its left subtree's) are struck out. Leaves are numbered from the left,
 * so a mask is one run of bits. `firstSlice`..`lastSlice` are the bytes of the block that it touches. `categorical` is the index of the feature, -1 if numeric.
 */
export type Span = {
  readonly node: number
  readonly column: number
  readonly rank: number
  readonly categorical: number
  readonly bias: Bias
  readonly mask: number
  readonly firstSlice: number
  readonly lastSlice: number
}

/** Cuts trees into spans. Spans take many times the memory of their nodes, so none are kept: whoever needs those of a tree again cuts it again. */
export type Spans = {
  /** The spans of a tree per block of 32 leaves. */
  readonly ofTree: (t: number) => readonly (readonly Span[])[]
  /** For every leaf of the trees that were cut its number from the left. */
  readonly leafPosition: Int32Array
  readonly categoricalFeatures: readonly number[]
}

function biasOf(flags: number): Bias {
  if (missingOf(flags) === missing.none) return 'either'
  return sendsMissingRight(flags) ? 'right' : 'left'
}

/** Bits low to high - 1 of 32; the difference of two powers is exact, whereas shifts by 32 do nothing. */
const bitsFrom = (low: number, high: number): number => 2 ** high - 2 ** low

type Range = { readonly node: number; readonly from: number; readonly to: number }

/** The left subtree of every node as a run of leaves, leaf positions filled in on the way. */
function leftRanges(ensemble: Ensemble, t: number, leafPosition: Int32Array): Range[] {
  const firstNode = ensemble.nodeOffset[t]!
  const firstLeaf = ensemble.leafOffset[t]!
  const ranges: Range[] = []
  let leaves = 0
  const visit = (child: number): void => {
    if (child < 0) {
      leafPosition[firstLeaf + ~child] = leaves++
      return
    }
    const node = firstNode + child
    const from = leaves
    visit(ensemble.left[node]!)
    ranges.push({ node, from, to: leaves })
    visit(ensemble.right[node]!)
  }
  visit(ensemble.nodeOffset[t + 1] === firstNode ? ~0 : 0)
  return ranges
}

type Source = { readonly ensemble: Ensemble; readonly quantised: Quantised; readonly categoricalFeatures: readonly number[] }

function spanOf({ ensemble, quantised, categoricalFeatures }: Source, { node, from, to }: Range, block: number): Span {
  const low = Math.max(from - block * 32, 0)
  const high = Math.min(to - block * 32, 32)
  return {
    node,
    column: quantised.nodeColumn[node]!,
    rank: quantised.nodeRank[node]!,
    categorical: quantised.nodeColumn[node]! < 0 ? categoricalFeatures.indexOf(ensemble.feature[node]!) : -1,
    bias: biasOf(ensemble.flags[node]!),
    mask: bitsFrom(low, high),
    firstSlice: low >> 3,
    lastSlice: (high - 1) >> 3,
  }
}

function categoricalFeaturesOf(ensemble: Ensemble, { nodeColumn }: Quantised): number[] {
  const features = new Set<number>()
  nodeColumn.forEach((column, node) => void (column < 0 && features.add(ensemble.feature[node]!)))
  return [...features]
}

/** A balanced tree of 512 leaves is cut into 1.03 spans a node, a chain to the left into 8: it would take many times its file to plan, and as long to evaluate. */
export const mostSpans = (nodes: number): number => 1000 + 2 * nodes

/** The spans of an ensemble's trees. Recursive over a tree's depth: for trees of at most a few hundred leaves. */
export function spansOf(ensemble: Ensemble, quantised: Quantised, blocks: number): Spans {
  const leafPosition = new Int32Array(leafCount(ensemble))
  const categoricalFeatures = categoricalFeaturesOf(ensemble, quantised)
  const source = { ensemble, quantised, categoricalFeatures }
  const ofTree = (t: number): readonly (readonly Span[])[] => {
    const perBlock: Span[][] = Array.from({ length: blocks }, () => [])
    for (const range of leftRanges(ensemble, t, leafPosition))
      for (let block = range.from >> 5; block <= (range.to - 1) >> 5; block++) perBlock[block]!.push(spanOf(source, range, block))
    return perBlock
  }
  return { ofTree, leafPosition, categoricalFeatures }
}
