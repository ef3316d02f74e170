import type { Recoding } from './intake.ts'

/** Bits of `Ensemble.flags`, one byte per node, as in LightGBM's decision_type. A categorical node has no missing type: its NaN takes the default side. */
export const nodeFlag = { categorical: 1, defaultLeft: 2 } as const

/** Bits 2-3 of `Ensemble.flags`: which values take the node's default side. none: NaN counts as 0. zero: NaN and |x| <= zeroThreshold. nan: NaN. */
export const missing = { none: 0, zero: 1, nan: 2 } as const

/** LightGBM's kZeroThreshold, the float 1e-35f widened: smaller magnitudes are zero to it. */
export const zeroThreshold = Math.fround(1e-35)

/** How raw scores become outputs; formulas in transform.ts. */
export type Transform =
  | { readonly kind: 'identity' | 'softmax' | 'exponential' | 'log1p-exponential' | 'signed-square' | 'step' }
  | { readonly kind: 'sigmoid'; readonly slope: number }

/** Linear models in the leaves: leaf value = constant + sum of coefficient x input, in the order written; with a NaN among its inputs the plain leaf value stands. */
export type LinearLeaves = {
  /** Per tree: 1 if its leaves are linear. */
  readonly isLinear: Uint8Array
  /** Per leaf. */
  readonly constant: Float64Array
  /** Per leaf, plus one: where its terms begin in `feature` and `coefficient`. */
  readonly termOffset: Int32Array
  readonly feature: Int32Array
  readonly coefficient: Float64Array
}

/** How much of the training data came through each node and leaf, in rows or in weight. */
export type Cover = { readonly node: Float64Array; readonly leaf: Float64Array }

/**
 * Trees as flat arrays, whatever file they came from. Nodes and leaves of tree t are nodeOffset[t]..nodeOffset[t + 1] and leafOffset[t]..leafOffset[t + 1];
 * a tree of one leaf has no node. Children are tree-local: >= 0 a node, < 0 the leaf ~child. A numeric node goes left if x <= threshold.
 * A categorical node's threshold is an index k: left if bit trunc(x) is set in the words categoryOffset[k]..categoryOffset[k + 1]; negative, unknown go right; NaN takes the default side.
 * Structure is checked by whoever builds it: every node and leaf is reached once from its tree's root, every feature is < inputs.
 */
export type Ensemble = {
  readonly inputs: number
  readonly outputs: number
  readonly trees: number
  readonly nodeOffset: Int32Array
  readonly leafOffset: Int32Array
  readonly feature: Int32Array
  readonly threshold: Float64Array
  readonly flags: Uint8Array
  readonly left: Int32Array
  readonly right: Int32Array
  /** Values of a leaf: one, or one for each output where the classes of a forest share their trees. */
  readonly leafWidth: number
  /** Those of a leaf follow each other. */
  readonly leafValue: Float64Array
  readonly categoryOffset: Int32Array
  readonly categoryWords: Uint32Array
  readonly linear: LinearLeaves | undefined
  /** First addend of every output's sum. */
  readonly base: Float64Array
  /** Inputs are rounded to float32 before anything looks at them. */
  readonly roundInputs: boolean
  /** Inputs that are rounded down then: XGBoost's categories, of which -0.5 is none, while it is category 0 to LightGBM. */
  readonly floorInputs: readonly number[]
  /** At most one per input; taken last. */
  readonly recodings: readonly Recoding[]
  /** Sums are rounded to float32 after each addend; leaves and `base` are float32 numbers then. */
  readonly roundSums: boolean
  /** undefined where the file does not say: then nothing can be explained. */
  readonly cover: Cover | undefined
  readonly objective: string
  readonly transform: Transform
  /** Random forests: outputs (not raw scores) are divided by the iterations, trees x leafWidth / outputs. */
  readonly average: boolean
  readonly featureNames: readonly string[]
  /** One list of category values per pandas categorical column, in column order: a value's code is its position. */
  readonly pandasCategories: readonly ArrayLike<unknown>[] | undefined
}

/** Leaves of all trees. */
export function leafCount({ leafOffset, trees }: Pick<Ensemble, 'leafOffset' | 'trees'>): number {
  return leafOffset[trees]!
}

/** Leaves of the largest tree. */
export function largestTree(ensemble: Ensemble): number {
  let most = 1
  for (let t = 0; t < ensemble.trees; t++) most = Math.max(most, ensemble.leafOffset[t + 1]! - ensemble.leafOffset[t]!)
  return most
}

/** The missing type of a node, one of `missing`. */
export function missingOf(flags: number): number {
  return (flags >> 2) & 3
}

/** Whether a numeric node sends missing values right. */
export function sendsMissingRight(flags: number): boolean {
  return missingOf(flags) !== missing.none && (flags & nodeFlag.defaultLeft) === 0
}

/** Whether a node tests a set of categories. */
export function isCategorical({ flags }: Pick<Ensemble, 'flags'>, node: number): boolean {
  return (flags[node]! & nodeFlag.categorical) !== 0
}

/** Whether any node does. */
export function hasCategories({ flags }: Pick<Ensemble, 'flags'>): boolean {
  return flags.some((flag) => (flag & nodeFlag.categorical) !== 0)
}

/** Words of 32 categories in the set of a categorical node. */
export function wordsInSet({ threshold, categoryOffset }: Pick<Ensemble, 'threshold' | 'categoryOffset'>, node: number): number {
  const set = threshold[node]!
  return categoryOffset[set + 1]! - categoryOffset[set]!
}

/** Bytes of an ensemble's arrays: about half of a usual file's, twice those of the densest. */
export function ensembleBytes(ensemble: Ensemble): number {
  const parts = [...Object.values(ensemble), ...Object.values(ensemble.linear ?? {}), ...Object.values(ensemble.cover ?? {})]
  return parts.reduce<number>((sum, part) => sum + (ArrayBuffer.isView(part) ? part.byteLength : 0), 0)
}
