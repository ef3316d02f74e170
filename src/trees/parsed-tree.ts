/** Linear leaves of one tree: per leaf a constant and `terms` features with their coefficients, leaf after leaf. */
export type LinearTree = {
  readonly constant: readonly number[]
  readonly terms: readonly number[]
  readonly feature: readonly number[]
  readonly coefficient: readonly number[]
}

/** How much of the training data came through each node and leaf of one tree. */
export type TreeCover = { readonly node: readonly number[]; readonly leaf: readonly number[] }

/** Bit sets of categories: set k is words[bounds[k]..bounds[k + 1]]. */
export type CategorySets = { readonly bounds: readonly number[]; readonly words: ArrayLike<number> }

/** One tree as a parser read and checked it: arrays per node and per leaf as in Ensemble, with one leaf more than nodes, but categorical sets are counted within the tree. */
export type ParsedTree = {
  /** A list of every leaf's first value, then one of the second values where leaves have several, and so on: of as many in all trees of a model. */
  readonly leafValues: readonly (readonly number[])[]
  readonly feature: readonly number[]
  readonly threshold: readonly number[]
  readonly flags: readonly number[]
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly sets: CategorySets
  readonly linear: LinearTree | undefined
  readonly cover: TreeCover | undefined
}
