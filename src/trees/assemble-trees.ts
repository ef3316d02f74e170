import { nodeFlag, type Cover, type Ensemble, type LinearLeaves } from './ensemble.ts'
import type { ParsedTree } from './parsed-tree.ts'

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
  const zeros = ({ feature }: ParsedTree): readonly number[] => [0, ...feature.map(() => 0)]
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
  const categoryOffset = new Int32Array(trees.reduce((sum, { sets }) => sum + sets.bounds.length - 1, 1))
  let [at, wordsBefore] = [0, 0]
  for (const { bounds, words } of trees.map(({ sets }) => sets)) {
    for (let k = 1; k < bounds.length; k++) categoryOffset[++at] = wordsBefore + bounds[k]!
    wordsBefore += words.length
  }
  return { categoryOffset, categoryWords: joined(Uint32Array, trees, ({ sets }) => sets.words) }
}

function leafValuesOf(trees: readonly ParsedTree[]): Pick<Arrays, 'leafWidth' | 'leafValue'> {
  const leafWidth = trees[0]?.leafValues.length ?? 1
  const leafValue = new Float64Array(trees.reduce((leaves, { feature }) => leaves + feature.length + 1, 0) * leafWidth)
  let from = 0
  for (const { leafValues, feature } of trees) {
    leafValues.forEach((values, k) => values.forEach((value, leaf) => (leafValue[from + leaf * leafWidth + k] = value)))
    from += (feature.length + 1) * leafWidth
  }
  return { leafWidth, leafValue }
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
    ...leafValuesOf(trees),
    ...setsOf(trees),
    linear: linearLeaves(trees),
    cover: coverOf(trees),
  }
}
