import type { Ensemble } from '../ensemble.ts'
import { gaussLegendre } from './gauss-legendre.ts'
import { type ExplanationLayout, type GroupLayout, nodeRecord, slotOf, stateRecord } from './layout.ts'
import type { ExplanationPlan, PlannedTree } from './plan.ts'
import { sharesOf } from './shares.ts'

type Model = { readonly ensemble: Ensemble; readonly plan: ExplanationPlan; readonly layout: ExplanationLayout }

function writeState(image: DataView, at: number, state: { readonly open: 0 | 1; readonly inverse: readonly number[] }): void {
  image.setFloat64(at + stateRecord.factor, 1, true)
  image.setFloat64(at + stateRecord.open, state.open, true)
  state.inverse.forEach((value, q) => image.setFloat64(at + stateRecord.inverse + q * 8, value, true))
}

function writePoints(image: DataView, { vectors, points, complements, weights, shut }: GroupLayout): void {
  const quadrature = gaussLegendre(2 * vectors)
  quadrature.points.forEach((t, q) => {
    image.setFloat64(points + q * 8, t, true)
    image.setFloat64(complements + q * 8, 1 - t, true)
    image.setFloat64(weights + q * 8, quadrature.weights[q]!, true)
  })
  writeState(image, shut, { open: 0, inverse: Array.from(quadrature.points, (t) => 1 / (1 - t)) })
}

/** Writes a tree's decisions from an address on. */
function writeTree(
  { ensemble, plan, layout }: Model,
  { tree, steps }: PlannedTree,
  to: { readonly image: DataView; readonly nodes: number; readonly vectors: number },
): void {
  const { inputs, outputs, leafOffset, leafValue, left, right, feature, threshold } = ensemble
  const firstOut = layout.out + (tree % outputs) * (inputs + 1) * 8
  const valueOf = (child: number): number => (child >= 0 ? 1 : leafValue[leafOffset[tree]! + ~child]!)
  steps.forEach(({ node, edge, before }, i) => {
    const record = to.nodes + i * nodeRecord.bytes
    const float = (offset: number, value: number): void => to.image.setFloat64(record + offset, value, true)
    const word = (offset: number, value: number): void => to.image.setInt32(record + offset, value, true)
    const shares = sharesOf(ensemble, tree, node)
    float(nodeRecord.threshold, threshold[node]!)
    word(nodeRecord.column, layout.columns + plan.columnOf[node]! * 8)
    word(nodeRecord.out, firstOut + feature[node]! * 8)
    word(nodeRecord.into, slotOf(layout, to.vectors, edge))
    word(nodeRecord.before, slotOf(layout, to.vectors, before))
    float(nodeRecord.left + nodeRecord.share, shares.left)
    float(nodeRecord.left + nodeRecord.value, valueOf(left[node]!))
    float(nodeRecord.right + nodeRecord.share, shares.right)
    float(nodeRecord.right + nodeRecord.value, valueOf(right[node]!))
  })
}

/** The initial contents of the explanation kernel's memory up to its scratch memory: points, states that never change, decisions. */
export function buildExplanationImage(model: Model): Uint8Array<ArrayBuffer> {
  const { plan, layout } = model
  const image = new Uint8Array(layout.scratch)
  const view = new DataView(image.buffer)
  const most = plan.groups.reduce((vectors, group) => Math.max(vectors, group.vectors), 0)
  writeState(view, layout.fresh, { open: 1, inverse: Array.from({ length: 2 * most }, () => 1) })
  layout.groups.forEach((group, g) => {
    writePoints(view, group)
    let { nodes } = group
    plan.groups[g]!.trees.forEach((planned, t) => {
      writeTree(model, planned, { image: view, nodes, vectors: group.vectors })
      view.setInt32(group.lengths + t * 4, planned.steps.length * nodeRecord.bytes, true)
      nodes += planned.steps.length * nodeRecord.bytes
    })
  })
  return image
}
