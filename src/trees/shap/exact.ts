import type { Ensemble } from '../ensemble.ts'
import { goesLeft } from '../interpret.ts'
import { seenRow } from '../intake.ts'
import { singleValued } from '../single-valued.ts'
import { UniquePath, type PathStep } from './unique-path.ts'

/** Contributions of one row: for each output one value per input and then the expected value, as LightGBM's predict_contrib. */
export type Contributions = (row: Float64Array, out: Float64Array) => void

/** A tree of an ensemble as the walk sees it: children are tree-local, `cover` counts training rows. */
type Walk = {
  readonly ensemble: Ensemble
  readonly row: Float64Array
  readonly path: UniquePath
  readonly out: Float64Array
  readonly firstNode: number
  readonly firstLeaf: number
  readonly firstOut: number
}
type Place = { readonly node: number; readonly base: number; readonly depth: number }
/** A subtree that waits to be visited: the path to its parent begins at `from`, has `depth` steps with the one that leads here, which is to be added. */
type Waiting = { readonly node: number; readonly from: number; readonly depth: number; readonly step: PathStep }

function coverOf({ ensemble, firstNode, firstLeaf }: Pick<Walk, 'ensemble' | 'firstNode' | 'firstLeaf'>, child: number): number {
  const { node, leaf } = ensemble.cover!
  return child >= 0 ? node[firstNode + child]! : leaf[firstLeaf + ~child]!
}

function addLeaf({ ensemble, path, out, firstLeaf, firstOut }: Walk, { node, base, depth }: Place): void {
  const value = ensemble.leafValue[firstLeaf + ~node]!
  for (let k = 1; k <= depth; k++) {
    const sum = path.unwoundSum(base, depth, k)
    const { feature, zero, one } = path.step(base, k)
    out[firstOut + feature] = out[firstOut + feature]! + sum * (one - zero) * value
  }
}

/** The body of RECURSE in algorithm 2 at a node whose path is complete: the side that the row takes and the other. */
function sidesOf({ ensemble, path, row, ...walk }: Walk, place: Place): { hot: Waiting; cold: Waiting } {
  const i = walk.firstNode + place.node
  const feature = ensemble.feature[i]!
  const isLeft = goesLeft(ensemble, i, row[feature]!)
  const [hot, cold] = isLeft ? [ensemble.left[i]!, ensemble.right[i]!] : [ensemble.right[i]!, ensemble.left[i]!]
  const cover = ensemble.cover!.node[i]!
  const shareOf = (child: number): number => coverOf({ ensemble, ...walk }, child) / cover
  const before = path.find(place.base, place.depth, feature)
  const { zero, one } = before < 0 ? { zero: 1, one: 1 } : path.step(place.base, before)
  if (before >= 0) path.unwind(place.base, place.depth, before)
  const at = { from: place.base, depth: before < 0 ? place.depth + 1 : place.depth }
  return {
    hot: { ...at, node: hot, step: { feature, zero: shareOf(hot) * zero, one } },
    cold: { ...at, node: cold, step: { feature, zero: shareOf(cold) * zero, one: 0 } },
  }
}

/** Visits a tree, hot sides first. Not by calling itself: a tree may be a chain of any length. */
function visitTree(walk: Walk): void {
  const waiting: Waiting[] = [{ node: 0, from: 0, depth: 0, step: { feature: -1, zero: 1, one: 1 } }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, from, depth, step } = next
    const base = from + depth
    walk.path.copy(from, base, depth)
    walk.path.extend(base, depth, step)
    if (node < 0) {
      addLeaf(walk, { node, base, depth })
      continue
    }
    const { hot, cold } = sidesOf(walk, { node, base, depth })
    waiting.push(cold, hot)
  }
}

/** Decisions below each other in tree t, at most. */
function depthOf(ensemble: Ensemble, t: number): number {
  const first = ensemble.nodeOffset[t]!
  let most = 0
  const waiting: (readonly [number, number])[] = [[ensemble.nodeOffset[t + 1]! > first ? 0 : -1, 0]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, depth] = next
    most = Math.max(most, depth)
    if (node >= 0) waiting.push([ensemble.left[first + node]!, depth + 1], [ensemble.right[first + node]!, depth + 1])
  }
  return most
}

function expectedValue(ensemble: Ensemble, t: number): number {
  const { nodeOffset, leafOffset, leafValue, cover } = ensemble
  const [first, end] = [leafOffset[t]!, leafOffset[t + 1]!]
  if (end - first === 1) return leafValue[first]!
  let sum = 0
  for (let leaf = first; leaf < end; leaf++) sum += (cover!.leaf[leaf]! / cover!.node[nodeOffset[t]!]!) * leafValue[leaf]!
  return sum
}

/**
 * The specification of the explanations: Shapley values of the raw scores by algorithm 2 of Lundberg, Erion and Lee, "Consistent individualized feature attribution for tree ensembles"
 * (2018), bit for bit those of LightGBM. The ensemble has `cover` and no linear leaves.
 */
export function exactContributions(explained: Ensemble): Contributions {
  const ensemble = singleValued(explained)
  const { trees, outputs, inputs, nodeOffset, leafOffset, base } = ensemble
  const roots = Int32Array.from({ length: trees }, (_, t) => (nodeOffset[t + 1]! > nodeOffset[t]! ? 0 : -1))
  const expected = Float64Array.from(roots, (_, t) => expectedValue(ensemble, t))
  const path = new UniquePath(
    roots.reduce((most, _, t) => Math.max(most, depthOf(ensemble, t)), 0),
    inputs,
  )
  return (row, out) => {
    const seen = seenRow(ensemble, row)
    out.fill(0)
    base.forEach((first, k) => (out[k * (inputs + 1) + inputs] = first))
    roots.forEach((node, t) => {
      const firstOut = (t % outputs) * (inputs + 1)
      out[firstOut + inputs] = out[firstOut + inputs]! + expected[t]!
      if (node < 0) return
      visitTree({ ensemble, row: seen, path, out, firstNode: nodeOffset[t]!, firstLeaf: leafOffset[t]!, firstOut })
    })
  }
}
