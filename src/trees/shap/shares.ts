import type { Ensemble } from '../ensemble.ts'
import type { PlannedTree } from './plan.ts'

/** The shares of a node's training rows that went left and right; `node` counts over the whole ensemble, which has `cover`. Where no row came, either side is as likely. */
export function sharesOf(
  { cover, leafOffset, nodeOffset, left, right }: Ensemble,
  tree: number,
  node: number,
): { readonly left: number; readonly right: number } {
  const { node: ofNode, leaf: ofLeaf } = cover!
  const came = ofNode[node]!
  if (came === 0) return { left: 0.5, right: 0.5 }
  const went = (child: number): number => (child >= 0 ? ofNode[nodeOffset[tree]! + child]! : ofLeaf[leafOffset[tree]! + ~child]!)
  return { left: went(left[node]!) / came, right: went(right[node]!) / came }
}

/** The value of a tree when nothing is known of a row: its leaves weighed by the shares on the way to them, so that contributions add up from it whatever the cover is. */
export function expectedValue(ensemble: Ensemble, { tree, steps }: PlannedTree): number {
  const { leafOffset, leafValue, left, right } = ensemble
  const reach = new Float64Array(1 + 2 * steps.length).fill(1)
  let expected = 0
  steps.forEach(({ node, edge }, i) => {
    const shares = sharesOf(ensemble, tree, node)
    for (const [child, share, out] of [
      [left[node]!, shares.left, 1 + 2 * i],
      [right[node]!, shares.right, 2 + 2 * i],
    ] as const) {
      reach[out] = reach[edge]! * share
      if (child < 0) expected += reach[out] * leafValue[leafOffset[tree]! + ~child]!
    }
  })
  return expected
}
