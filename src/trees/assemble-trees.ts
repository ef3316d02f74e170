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

/** The list of each part, end to end in a new array. */
function joined<P, T extends Float64Array | Int32Array | Uint32Array | Uint8Array>(
  array: new (length: number) => T,
  parts: readonly P[],
  list: (part: P, index: number) => readonly number[],
): T {
  const lists = parts.map(list)
  const all = new array(lists.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const values of lists) {
    all.set(values, at)
    at += values.length
  }
  return all
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
  return { node: joined(Float64Array, covers, ({ node }) => node), leaf: joined(Float64Array, covers, ({ leaf }) => leaf) }
}

/** Lays trees end to end: category sets, counted per tree in the file, get numbers of their own in the ensemble. */
export function assembleTrees(trees: readonly ParsedTree[]): Arrays {
  const setsBefore = offsets(trees.map(({ sets }) => sets.bounds.length - 1))
  const wordsBefore = offsets(trees.map(({ sets }) => sets.words.length))
  const inEnsemble = (tree: ParsedTree, t: number): readonly number[] =>
    tree.sets.bounds.length === 1
      ? tree.threshold
      : tree.threshold.map((value, i) => ((tree.flags[i]! & nodeFlag.categorical) === 0 ? value : value + setsBefore[t]!))
  const categoryOffset = trees.flatMap(({ sets }, t) => sets.bounds.slice(0, -1).map((bound) => bound + wordsBefore[t]!))
  return {
    nodeOffset: offsets(trees.map(({ feature }) => feature.length)),
    leafOffset: offsets(trees.map(({ leafValue }) => leafValue.length)),
    feature: joined(Int32Array, trees, (tree) => tree.feature),
    threshold: joined(Float64Array, trees, inEnsemble),
    flags: joined(Uint8Array, trees, (tree) => tree.flags),
    left: joined(Int32Array, trees, (tree) => tree.left),
    right: joined(Int32Array, trees, (tree) => tree.right),
    leafValue: joined(Float64Array, trees, (tree) => tree.leafValue),
    categoryOffset: Int32Array.from([...categoryOffset, wordsBefore[trees.length]!]),
    categoryWords: joined(Uint32Array, trees, ({ sets }) => sets.words),
    linear: linearLeaves(trees),
    cover: coverOf(trees),
  }
}
