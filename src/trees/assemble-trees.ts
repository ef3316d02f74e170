import { nodeFlag, type Cover, type Ensemble, type LinearLeaves } from './ensemble.ts'
import { leafWidthOf, type ParsedTree } from './parsed-tree.ts'

type Arrays = Pick<
  Ensemble,
  | 'nodeOffset'
  | 'leafOffset'
  | 'feature'
  | 'threshold'
  | 'flags'
  | 'left'
  | 'right'
  | 'leafWidth'
  | 'leafValue'
  | 'categoryOffset'
  | 'categoryWords'
  | 'linear'
  | 'cover'
>

function offsets(counts: ArrayLike<number>): Int32Array {
  const offset = new Int32Array(counts.length + 1)
  for (let i = 0; i < counts.length; i++) offset[i + 1] = offset[i]! + counts[i]!
  return offset
}

/** The list of each part, end to end in a new array, and nothing between. */
function joined<P, T extends Float64Array | Int32Array | Uint32Array | Uint8Array>(
  array: new (length: number) => T,
  parts: readonly P[],
  list: (part: P) => ArrayLike<number>,
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
    constant: joined(Float64Array, trees, (tree) => tree.linear?.constant ?? zeros(tree)),
    termOffset: offsets(joined(Int32Array, trees, (tree) => tree.linear?.terms ?? zeros(tree))),
    feature: joined(Int32Array, trees, ({ linear }) => linear?.feature ?? []),
    coefficient: joined(Float64Array, trees, ({ linear }) => linear?.coefficient ?? []),
  }
}

function coverOf(trees: readonly ParsedTree[]): Cover | undefined {
  const covers = trees.flatMap(({ cover }) => cover ?? [])
  if (covers.length < trees.length) return undefined
  return { node: joined(Float64Array, covers, ({ node }) => node), leaf: joined(Float64Array, covers, ({ leaf }) => leaf) }
}

function setsOf(trees: readonly ParsedTree[]): Pick<Arrays, 'categoryOffset' | 'categoryWords'> {
  const sizes = trees.map(({ sets: { bounds } }) => Int32Array.from({ length: bounds.length - 1 }, (_, k) => bounds[k + 1]! - bounds[k]!))
  return {
    categoryOffset: offsets(joined(Int32Array, sizes, (list) => list)),
    categoryWords: joined(Uint32Array, trees, ({ sets }) => sets.words),
  }
}

/** The thresholds of all trees; those of categorical nodes name sets, of which `setsBefore` are other trees'. */
function thresholdsOf(trees: readonly ParsedTree[], flags: Uint8Array): Float64Array {
  const threshold = joined(Float64Array, trees, (tree) => tree.threshold)
  let node = 0
  let setsBefore = 0
  for (const { sets, threshold: own } of trees) {
    for (let i = 0; i < own.length; i++, node++) if ((flags[node]! & nodeFlag.categorical) !== 0) threshold[node] = own[i]! + setsBefore
    setsBefore += sets.bounds.length - 1
  }
  return threshold
}

/** Lays trees, whose leaves all have as many values, end to end: category sets, counted per tree in the file, get numbers of their own in the ensemble. */
export function assembleTrees(trees: readonly ParsedTree[]): Arrays {
  const flags = joined(Uint8Array, trees, (tree) => tree.flags)
  return {
    nodeOffset: offsets(trees.map(({ feature }) => feature.length)),
    leafOffset: offsets(trees.map(({ feature }) => feature.length + 1)),
    feature: joined(Int32Array, trees, (tree) => tree.feature),
    threshold: thresholdsOf(trees, flags),
    flags,
    left: joined(Int32Array, trees, (tree) => tree.left),
    right: joined(Int32Array, trees, (tree) => tree.right),
    leafWidth: trees[0] === undefined ? 1 : leafWidthOf(trees[0]),
    leafValue: joined(Float64Array, trees, (tree) => tree.leafValue),
    ...setsOf(trees),
    linear: linearLeaves(trees),
    cover: coverOf(trees),
  }
}
