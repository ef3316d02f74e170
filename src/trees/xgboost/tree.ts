import { nextDownFloat } from '../adjacent-floats.ts'
import { structureFault } from '../check-structure.ts'
import { missing, nodeFlag } from '../ensemble.ts'
import type { ParsedTree, TreeCover } from '../parsed-tree.ts'
import { emptySet, parseCategories, type NodeSets, type WordBudget } from './categories.ts'
import type { Part } from './part.ts'

/** The nodes of a tree as the file has them: inner nodes, leaves and deleted ones by one number. */
type FileNodes = {
  readonly left: Float64Array
  readonly right: Float64Array
  readonly feature: Float64Array
  /** The threshold of an inner node, the value of a leaf; float32 numbers. */
  readonly condition: Float64Array
  readonly defaultLeft: Float64Array
  readonly isCategorical: Float64Array
  readonly hessian: Float64Array
}

/** Which nodes of the file are inner nodes and leaves, each in the file's order, and the number that each node gets in Ensemble: its place among its kind, ~place for a leaf. */
type Numbering = { readonly inner: readonly number[]; readonly leaves: readonly number[]; readonly number: Int32Array }

const largestCount = 2 ** 31 - 1
/** What a deleted node has for its feature. */
const deletedMark = 2 ** 31 - 1
const noChild = -1

function readNodes(part: Part, nodes: number): FileNodes {
  const children = { min: noChild, max: nodes - 1 }
  const bit = { min: 0, max: 1 }
  return {
    left: part.wholes('left_children', children, nodes),
    right: part.wholes('right_children', children, nodes),
    feature: part.wholes('split_indices', { min: 0, max: deletedMark }, nodes),
    condition: part.numbers('split_conditions', nodes).map(Math.fround),
    defaultLeft: part.wholes('default_left', bit, nodes),
    isCategorical: part.get('split_type') === undefined ? new Float64Array(nodes) : part.wholes('split_type', bit, nodes),
    hessian: part.numbers('sum_hessian', nodes).map(Math.fround),
  }
}

function numberNodes(part: Part, { left, feature }: FileNodes): Numbering {
  const [inner, leaves]: [number[], number[]] = [[], []]
  const number = new Int32Array(left.length)
  let deleted = 0
  left.forEach((child, node) => {
    if (node > 0 && feature[node] === deletedMark) deleted++
    else if (child === noChild) number[node] = ~(leaves.push(node) - 1)
    else number[node] = inner.push(node) - 1
  })
  const said = part.part('tree_param').parameter('num_deleted', { min: 0, max: largestCount, absent: 0 })
  return said === deleted ? { inner, leaves, number } : part.fail('tree_param.num_deleted', `says ${said}, but ${deleted} nodes are marked as deleted`)
}

/** The children on one side as Ensemble numbers them. */
function childrenOf(part: Part, key: 'left' | 'right', { nodes, numbering }: { nodes: FileNodes; numbering: Numbering }): number[] {
  return numbering.inner.map((node) => {
    const child = nodes[key][node]!
    const isDeleted = child > 0 && nodes.feature[child] === deletedMark
    if (child === noChild || isDeleted) part.fail(`${key}_children`, `gives node ${node} ${isDeleted ? 'a deleted child' : 'no child'}`)
    return numbering.number[child]!
  })
}

type Shape = { readonly left: readonly number[]; readonly right: readonly number[]; readonly leaves: number }

function checkStructure(part: Part, shape: Shape): void {
  const alone = shape.leaves === 1 ? undefined : `${shape.leaves - 1} leaves are not reached from the root`
  const fault = shape.left.length === 0 ? alone : structureFault(shape)
  if (fault !== undefined) part.fail('', `is no tree; inner nodes and leaves counted apart, in the file's order: ${fault}`)
}

type Split = { readonly left: number; readonly right: number; readonly threshold: number; readonly flags: number }

const flag = (isSet: number, bit: number): number => (isSet === 0 ? 0 : bit)

/** One decision in Ensemble's words. XGBoost's is x < threshold in float32; its listed categories go right, so the children change places. */
function splitOf(part: Part, node: number, { nodes, sets, left, right }: { nodes: FileNodes; sets: NodeSets; left: number; right: number }): Split {
  const condition = nodes.condition[node]!
  const defaultLeft = flag(nodes.defaultLeft[node]!, nodeFlag.defaultLeft)
  if (nodes.isCategorical[node] === 1) {
    const set = sets.of(node)
    if (set < 0) part.fail('categories_nodes', `lists no categories for node ${node}, which splits by them`)
    return { left: right, right: left, threshold: set, flags: nodeFlag.categorical | (defaultLeft ^ nodeFlag.defaultLeft) }
  }
  if (sets.of(node) >= 0) part.fail('split_type', `says that node ${node} splits by value, but categories_nodes lists it`)
  if (Number.isNaN(condition)) part.fail('split_conditions', `has no number at ${node}`)
  // Nothing is below -Infinity, not even itself: only a missing value may go left.
  if (condition === -Infinity) return { left, right, threshold: emptySet, flags: nodeFlag.categorical | defaultLeft }
  return { left, right, threshold: nextDownFloat(condition), flags: (missing.nan << 2) | defaultLeft }
}

/** Weights of training rows; undefined where an objective of one's own made sums that are no weights. */
function coverOf({ hessian }: FileNodes, { inner, leaves }: Numbering): TreeCover | undefined {
  const at = (node: number): number => hessian[node]!
  const [node, leaf] = [inner.map(at), leaves.map(at)]
  return node.every((sum) => sum > 0 && sum < Infinity) && leaf.every((sum) => sum >= 0 && sum < Infinity) ? { node, leaf } : undefined
}

function featuresOf(part: Part, { feature }: FileNodes, { inner, inputs }: { inner: readonly number[]; inputs: number }): number[] {
  return inner.map((node) => {
    const index = feature[node]!
    return index < inputs ? index : part.fail('split_indices', `has ${index} at ${node}, but there are ${inputs} features`)
  })
}

function leafValuesOf(part: Part, { condition }: FileNodes, leaves: readonly number[]): number[] {
  return leaves.map((node) =>
    Number.isFinite(condition[node]) ? condition[node]! : part.fail('split_conditions', `has ${condition[node]} at ${node}: a leaf is finite`),
  )
}

/** One element of `trees`, fully checked: counts, features, children, category sets, finite leaves. Throws ModelFormatError. */
export function parseTree(part: Part, { inputs, budget }: { inputs: number; budget: WordBudget }): ParsedTree {
  const parameters = part.part('tree_param')
  const count = parameters.parameter('num_nodes', { min: 1, max: largestCount })
  if (parameters.parameter('size_leaf_vector', { min: 0, max: largestCount, absent: 0 }) > 1)
    part.fail('', 'has leaves of several values: train with multi_strategy="one_output_per_tree"')
  const nodes = readNodes(part, count)
  const numbering = numberNodes(part, nodes)
  const { inner, leaves } = numbering
  const [left, right] = [childrenOf(part, 'left', { nodes, numbering }), childrenOf(part, 'right', { nodes, numbering })]
  checkStructure(part, { left, right, leaves: leaves.length })
  const sets = parseCategories(part, count, budget)
  const splits = inner.map((node, i) => splitOf(part, node, { nodes, sets, left: left[i]!, right: right[i]! }))
  return {
    leafValues: [leafValuesOf(part, nodes, leaves)],
    feature: featuresOf(part, nodes, { inner, inputs }),
    threshold: splits.map((split) => split.threshold),
    flags: splits.map((split) => split.flags),
    left: splits.map((split) => split.left),
    right: splits.map((split) => split.right),
    sets: sets.sets,
    linear: undefined,
    cover: coverOf(nodes, numbering),
  }
}
