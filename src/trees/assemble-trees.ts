import { nodeFlag, type Cover, type Ensemble, type LinearLeaves } from './ensemble.ts'
import type { ParsedTree } from './parsed-tree.ts'

type Arrays = Pick<
  Ensemble,
  'nodeOffset' | 'leafOffset' | 'feature' | 'threshold' | 'flags' | 'left' | 'right' | 'leafValue' | 'categoryOffset' | 'categoryWords' | 'linear' | 'cover'
>

function offsets(counts: readonly number[]): Int32Array {
  const offset = new Int32Array(counts.length + 1)
  counts.forEach((count, i) => (offset[i + 1] = offset[i]! + count))
  return offset
}

function linearLeaves(trees: readonly ParsedTree[]): LinearLeaves | undefined {
  if (trees.every(({ linear }) => linear === undefined)) return undefined
  const zeros = (tree: ParsedTree): readonly number[] => tree.leafValue.map(() => 0)
  return {
    isLinear: Uint8Array.from(trees, ({ linear }) => (linear === undefined ? 0 : 1)),
    constant: Float64Array.from(trees.flatMap((tree) => tree.linear?.constant ?? zeros(tree))),
    termOffset: offsets(trees.flatMap((tree) => tree.linear?.terms ?? zeros(tree))),
    feature: Int32Array.from(trees.flatMap(({ linear }) => linear?.feature ?? [])),
    coefficient: Float64Array.from(trees.flatMap(({ linear }) => linear?.coefficient ?? [])),
  }
}

function coverOf(trees: readonly ParsedTree[]): Cover | undefined {
  const covers = trees.flatMap(({ cover }) => cover ?? [])
  if (covers.length < trees.length) return undefined
  return { node: Float64Array.from(covers.flatMap(({ node }) => node)), leaf: Float64Array.from(covers.flatMap(({ leaf }) => leaf)) }
}

/** Lays trees end to end: category sets, counted per tree in the file, get numbers of their own in the ensemble. */
export function assembleTrees(trees: readonly ParsedTree[]): Arrays {
  const setsBefore = offsets(trees.map(({ sets }) => sets.bounds.length - 1))
  const wordsBefore = offsets(trees.map(({ sets }) => sets.words.length))
  const threshold = trees.flatMap((tree, t) =>
    tree.threshold.map((value, i) => ((tree.flags[i]! & nodeFlag.categorical) === 0 ? value : value + setsBefore[t]!)),
  )
  const categoryOffset = trees.flatMap(({ sets }, t) => sets.bounds.slice(0, -1).map((bound) => bound + wordsBefore[t]!))
  return {
    nodeOffset: offsets(trees.map(({ feature }) => feature.length)),
    leafOffset: offsets(trees.map(({ leafValue }) => leafValue.length)),
    feature: Int32Array.from(trees.flatMap((tree) => tree.feature)),
    threshold: Float64Array.from(threshold),
    flags: Uint8Array.from(trees.flatMap((tree) => tree.flags)),
    left: Int32Array.from(trees.flatMap((tree) => tree.left)),
    right: Int32Array.from(trees.flatMap((tree) => tree.right)),
    leafValue: Float64Array.from(trees.flatMap((tree) => tree.leafValue)),
    categoryOffset: Int32Array.from([...categoryOffset, wordsBefore[trees.length]!]),
    categoryWords: Uint32Array.from(trees.flatMap(({ sets }) => sets.words)),
    linear: linearLeaves(trees),
    cover: coverOf(trees),
  }
}
