import type { Ensemble } from '../ensemble.ts'
import { goesLeft } from '../interpret.ts'
import { seenRow } from '../intake.ts'
import { UniquePath } from './unique-path.ts'

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

/** RECURSE of algorithm 2: the subtree at a place whose path is complete. */
function visit(walk: Walk, place: Place): void {
  if (place.node < 0) {
    addLeaf(walk, place)
    return
  }
  const { ensemble, path, row, firstNode } = walk
  const i = firstNode + place.node
  const feature = ensemble.feature[i]!
  const isLeft = goesLeft(ensemble, i, row[feature]!)
  const [hot, cold] = isLeft ? [ensemble.left[i]!, ensemble.right[i]!] : [ensemble.right[i]!, ensemble.left[i]!]
  const cover = ensemble.cover!.node[i]!
  const [hotShare, coldShare] = [coverOf(walk, hot) / cover, coverOf(walk, cold) / cover]
  const before = path.find(place.base, place.depth, feature)
  const { zero, one } = before < 0 ? { zero: 1, one: 1 } : path.step(place.base, before)
  if (before >= 0) path.unwind(place.base, place.depth, before)
  const depth = before < 0 ? place.depth + 1 : place.depth
  const base = place.base + depth
  path.copy(place.base, base, depth)
  path.extend(base, depth, { feature, zero: hotShare * zero, one })
  visit(walk, { node: hot, base, depth })
  path.copy(place.base, base, depth)
  path.extend(base, depth, { feature, zero: coldShare * zero, one: 0 })
  visit(walk, { node: cold, base, depth })
}

function depthBelow(ensemble: Ensemble, firstNode: number, node: number): number {
  if (node < 0) return 0
  return 1 + Math.max(depthBelow(ensemble, firstNode, ensemble.left[firstNode + node]!), depthBelow(ensemble, firstNode, ensemble.right[firstNode + node]!))
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
export function exactContributions(ensemble: Ensemble): Contributions {
  const { trees, outputs, inputs, nodeOffset, leafOffset, base } = ensemble
  const roots = Int32Array.from({ length: trees }, (_, t) => (nodeOffset[t + 1]! > nodeOffset[t]! ? 0 : -1))
  const expected = Float64Array.from(roots, (_, t) => expectedValue(ensemble, t))
  const path = new UniquePath(roots.reduce((most, root, t) => Math.max(most, depthBelow(ensemble, nodeOffset[t]!, root)), 0))
  return (row, out) => {
    const seen = seenRow(ensemble, row)
    out.fill(0)
    base.forEach((first, k) => (out[k * (inputs + 1) + inputs] = first))
    roots.forEach((node, t) => {
      const firstOut = (t % outputs) * (inputs + 1)
      out[firstOut + inputs] = out[firstOut + inputs]! + expected[t]!
      if (node < 0) return
      path.extend(0, 0, { feature: -1, zero: 1, one: 1 })
      visit({ ensemble, row: seen, path, out, firstNode: nodeOffset[t]!, firstLeaf: leafOffset[t]!, firstOut }, { node, base: 0, depth: 0 })
    })
  }
}
