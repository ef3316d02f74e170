import type { Ensemble } from '../ensemble.ts'

/**
 * One decision of a tree. Edges are numbered along the walk: 0 leads into the root, 1 + 2i and 2 + 2i out of step i to its left and its right.
 * `edge` leads here; `before` is the nearest edge above on which the same feature decided, 0 if there is none; `node` counts over the whole ensemble.
 */
export type Step = { readonly node: number; readonly edge: number; readonly before: number }

/** A tree's decisions, parents before children, and the most different features on one of its paths. */
export type TreeWalk = { readonly steps: readonly Step[]; readonly features: number }

type Enter = { readonly node: number; readonly edge: number; readonly featureAbove: number; readonly features: number }
type Leave = { readonly feature: number; readonly before: number }

/** The walk through tree t. `latest` has one 0 per input, and again when it returns. Takes time and memory linear in the tree, however deep. */
export function walkTree({ nodeOffset, feature, left, right }: Ensemble, t: number, latest: Int32Array): TreeWalk {
  const first = nodeOffset[t]!
  const steps: Step[] = []
  let most = 0
  const waiting: (Enter | Leave)[] = nodeOffset[t + 1] === first ? [] : [{ node: first, edge: 0, featureAbove: -1, features: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!('node' in next)) {
      latest[next.feature] = next.before
      continue
    }
    const { node, edge, featureAbove } = next
    if (featureAbove >= 0) latest[featureAbove] = edge
    const here = feature[node]!
    const before = latest[here]!
    const features = next.features + (before === 0 ? 1 : 0)
    most = Math.max(most, features)
    const out = 1 + 2 * steps.length
    steps.push({ node, edge, before })
    waiting.push({ feature: here, before })
    for (const [child, into] of [
      [right[node]!, out + 1],
      [left[node]!, out],
    ] as const)
      if (child >= 0) waiting.push({ node: first + child, edge: into, featureAbove: here, features })
  }
  return { steps, features: most }
}
