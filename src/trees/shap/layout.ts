import { vectorBytes } from '../../wasm/sizes.ts'
import { Arena } from '../kernel/arena.ts'
import type { Ensemble } from '../ensemble.ts'
import type { ExplanationPlan, PlannedGroup } from './plan.ts'

/**
 * One decision in memory, 64 bytes: what is compared, where the sums of its feature go, the slots of the edge into it and of the nearest edge above on which its feature decided,
 * and per side the share of training rows that take it and the value of the leaf there (1 where there is none).
 */
export const nodeRecord = { threshold: 0, column: 8, out: 12, into: 16, before: 20, left: 32, right: 48, share: 0, value: 8, bytes: 64 } as const

/** What is known of a feature on an edge, whichever edges lie between: see kernel.ts. Its vectors follow the two numbers. */
export const stateRecord = { factor: 0, open: 8, inverse: 16 } as const

/** An edge: the address of its state, then its vectors. As long as a state of as many vectors. */
export const slotRecord = { state: 0, sums: 16 } as const

/** Bytes of a slot or a state. */
export const slotBytes = (vectors: number): number => (1 + vectors) * vectorBytes

/** Slots of a decision: its left edge, its right edge, and the state of the one that the row takes. */
export const slotsPerStep = 3

/** Where the data of one group lies: points t, 1 - t and weights, the state of an edge that the row does not take, and per tree the bytes of its decisions. */
export type GroupLayout = {
  readonly vectors: number
  readonly trees: number
  readonly points: number
  readonly complements: number
  readonly weights: number
  readonly shut: number
  readonly lengths: number
  readonly nodes: number
}

/** Addresses of everything in the explanation kernel's memory. The image ends where the scratch memory begins; all sizes in bytes. */
export type ExplanationLayout = {
  readonly columns: number
  readonly out: number
  /** The state of a feature that has not decided yet. */
  readonly fresh: number
  readonly groups: readonly GroupLayout[]
  readonly scratch: number
  readonly bytes: number
}

function layOutGroup(arena: Arena, { vectors, trees }: PlannedGroup): GroupLayout {
  const decisions = trees.reduce((sum, { steps }) => sum + steps.length, 0)
  return {
    vectors,
    trees: trees.length,
    points: arena.take(vectors * vectorBytes),
    complements: arena.take(vectors * vectorBytes),
    weights: arena.take(vectors * vectorBytes),
    shut: arena.take(slotBytes(vectors)),
    lengths: arena.take(trees.length * 4),
    nodes: arena.take(decisions * nodeRecord.bytes),
  }
}

function scratchBytes({ groups }: ExplanationPlan): number {
  const ofGroup = ({ vectors, trees }: PlannedGroup): number =>
    slotBytes(vectors) * trees.reduce((most, { steps }) => Math.max(most, 1 + slotsPerStep * steps.length), 0)
  return groups.reduce((most, group) => Math.max(most, ofGroup(group)), 0)
}

/** Assigns addresses; nothing is written yet, so that what is too large can be turned away first. */
export function layOutExplanations({ inputs, outputs }: Ensemble, plan: ExplanationPlan): ExplanationLayout {
  const arena = new Arena()
  const fixed = {
    columns: arena.take(plan.columns.feature.length * 8),
    out: arena.take(outputs * (inputs + 1) * 8),
    fresh: arena.take(slotBytes(plan.groups.reduce((most, { vectors }) => Math.max(most, vectors), 0))),
    groups: plan.groups.map((group) => layOutGroup(arena, group)),
  }
  const scratch = arena.take(scratchBytes(plan))
  return { ...fixed, scratch, bytes: arena.bytes }
}

/** The slot of an edge, by its number along the walk through a tree of a group. */
export function slotOf({ scratch }: Pick<ExplanationLayout, 'scratch'>, vectors: number, edge: number): number {
  const before = edge === 0 ? 0 : 1 + slotsPerStep * ((edge - 1) >> 1) + ((edge - 1) & 1)
  return scratch + before * slotBytes(vectors)
}
