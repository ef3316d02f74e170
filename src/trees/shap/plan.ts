import type { Ensemble } from '../ensemble.ts'
import { prepareColumns, type PreparedColumns } from './prepared-row.ts'
import { type Step, walkTree } from './tree-walk.ts'

/** Trees that are integrated over equally many points, two in each vector. */
export type PlannedGroup = { readonly vectors: number; readonly trees: readonly PlannedTree[] }
/** A tree that decides something. */
export type PlannedTree = { readonly tree: number; readonly steps: readonly Step[] }

/** What the explanation of an ensemble consists of; `columnOf` says which prepared column a node compares. */
export type ExplanationPlan = { readonly columns: PreparedColumns; readonly columnOf: Int32Array; readonly groups: readonly PlannedGroup[] }

/** The integrand of a path with so many different features has one degree less, and n points integrate degrees below 2n exactly; a vector holds two points. */
const vectorsFor = (features: number): number => Math.ceil(features / 4)

/** The most different features on one path that an explanation is given for. */
const maxFeatures = 400

/** Walks all trees and groups them by the points that they need; undefined where one has too many features on a path. */
export function planExplanations(ensemble: Ensemble): ExplanationPlan | undefined {
  const latest = new Int32Array(ensemble.inputs)
  const groups = new Map<number, PlannedTree[]>()
  for (let tree = 0; tree < ensemble.trees; tree++) {
    const { steps, features } = walkTree(ensemble, tree, latest)
    if (features > maxFeatures) return undefined
    if (features === 0) continue
    const vectors = vectorsFor(features)
    const group = groups.get(vectors) ?? []
    groups.set(vectors, group)
    group.push({ tree, steps })
  }
  return { ...prepareColumns(ensemble), groups: [...groups].map(([vectors, trees]) => ({ vectors, trees })) }
}
