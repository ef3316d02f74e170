import type { Ensemble } from '../../../src/trees/ensemble.ts'

/** The first trees of an ensemble, without what explanations need: models that differ in shape, so that none shares another's code. */
export function firstTrees(ensemble: Ensemble, trees: number): Ensemble {
  const { nodeOffset, leafOffset, feature, threshold, flags, left, right, leafValue } = ensemble
  const [nodes, leaves] = [nodeOffset[trees]!, leafOffset[trees]!]
  const perNode = { feature: feature.slice(0, nodes), threshold: threshold.slice(0, nodes), flags: flags.slice(0, nodes) }
  const children = { left: left.slice(0, nodes), right: right.slice(0, nodes) }
  const perTree = { nodeOffset: nodeOffset.slice(0, trees + 1), leafOffset: leafOffset.slice(0, trees + 1) }
  return { ...ensemble, trees, ...perTree, ...perNode, ...children, leafValue: leafValue.slice(0, leaves), cover: undefined }
}
