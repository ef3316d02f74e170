import { Arena } from '../kernel/arena.ts'
import { isCategorical, type Ensemble } from '../ensemble.ts'
import { blockRows } from './block.ts'
import { chunkCodes, chunksOf, type TournamentPlan } from './plan.ts'
import type { Group, PlacedMatch } from './group.ts'

/** Parts of a column's descriptor: the threshold before its first (ranks begin at 1), address of its first value, its views (from, to), then pairs: its grid; `base` holds the address of its cells. */
export const descriptor = { table: 0, value: 4, viewsFrom: 8, viewsTo: 12, low: 16, scale: 32, top: 48, base: 64, bytes: 80 } as const
/** Parts of a view: the address of its bytes, what is subtracted, what is flipped. */
export const viewPart = { target: 0, less: 4, flip: 5, bytes: 8 } as const
/** Parts of a categorical feature: address of the first value, of its bits and byte indices, chunks, categories. */
export const featurePart = { value: 0, bits: 4, indices: 8, indicesEnd: 12, categories: 16, bytes: 32 } as const
/** Parts of a group: where its decisions and chains end, and the byte offset of its output within a row's. */
export const groupPart = { decisionsEnd: 0, chainsEnd: 4, output: 8, bytes: 16 } as const
/** Parts of a decision; its set's chunks of 16 bytes follow. */
export const decisionPart = { indices: 0, bits: 4, target: 8, end: 12, flip: 16, bytes: 20 } as const
/** Parts of a chain, whose first match has no record of its own: bytes of the matches against leaves that follow it at once, and of all after those; its winner's place in the scratch. */
export const chainPart = { byLeaves: 0, rest: 4, winner: 8, column: 12, threshold: 16, first: 17, bytes: 24 } as const
/** Parts of a match: column, challenger's place in the scratch, threshold; the challenger's number if it is a leaf. */
export const matchPart = { column: 0, challenger: 4, threshold: 6, leaf: 7, bytes: 8 } as const

/** Addresses in the kernel's memory. */
export type TournamentLayout = {
  /** A byte that stays 0 at address 0: the cell of NaN. */
  readonly zero: number
  /** Bytes that a block's rows pass through: one per row, three times. */
  readonly temporary: number
  readonly columns: number
  readonly decisionColumns: number
  readonly scratch: number
  readonly rows: number
  readonly out: number
  readonly descriptors: number
  readonly tables: readonly { readonly thresholds: number; readonly cells: number }[]
  readonly views: number
  readonly features: number
  readonly featureVectors: readonly { readonly bits: number; readonly indices: number }[]
  readonly groups: number
  readonly decisions: number
  readonly chains: number
  readonly leaves: number
  readonly leafStride: number
  readonly bytes: number
}

type Decision = Pick<PlacedMatch, 'node' | 'isLeft'>

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0)

/** The categorical nodes of a group, in the order of its matches. */
export function decisionsOf(ensemble: Ensemble, group: Group): readonly Decision[] {
  const decisions: Decision[] = []
  group.visit({ match: (node, isLeft) => void (isCategorical(ensemble, node) && decisions.push({ node, isLeft })) })
  return decisions
}

function chainBytes(group: Group): number {
  let bytes = 0
  group.visit({ chain: (matches) => void (bytes += chainPart.bytes + Math.max(matches - 1, 0) * matchPart.bytes) })
  return bytes
}

/** Bytes of one decision with its set. */
export function decisionBytes(ensemble: Ensemble, node: number): number {
  return decisionPart.bytes + (chunksOf(ensemble, node) * chunkCodes) / 8
}

/** Assigns addresses; nothing is written yet, so a model too large can be turned away first. */
export function layOutTournament(ensemble: Ensemble, plan: TournamentPlan): TournamentLayout {
  const arena = new Arena()
  const blocks = (count: number): number => arena.take(count * blockRows)
  const leafStride = plan.leaves * 8
  const { groups, groupTrees, scratchBlocks } = plan.schedule
  const decisions = groups.map((group) => {
    const nodes = decisionsOf(ensemble, group)
    return { count: nodes.length, bytes: sum(nodes, ({ node }) => decisionBytes(ensemble, node)) }
  })
  const layout = {
    zero: arena.take(1),
    temporary: blocks(3),
    columns: blocks(plan.views.length),
    decisionColumns: blocks(decisions.reduce((most, { count }) => Math.max(most, count), 0)),
    scratch: blocks(scratchBlocks),
    rows: arena.take(blockRows * ensemble.inputs * 8),
    out: arena.take(blockRows * ensemble.outputs * 8),
    descriptors: arena.take(plan.quantised.columns.length * descriptor.bytes),
    tables: plan.quantised.columns.map(({ thresholds }, column) => {
      const { steps, top } = plan.buckets[column]!
      return { thresholds: arena.take((thresholds.length + 2 ** steps) * 8), cells: arena.take(top + 1) }
    }),
    views: arena.take(plan.views.length * viewPart.bytes),
    features: arena.take(plan.categorical.length * featurePart.bytes),
    featureVectors: plan.categorical.map(({ chunks }) => ({ bits: blocks(1), indices: blocks(chunks) })),
    groups: arena.take(groups.length * groupPart.bytes),
    decisions: arena.take(sum(decisions, ({ bytes }) => bytes)),
    chains: arena.take(sum(groups, chainBytes)),
    leaves: arena.take(groups.length * ensemble.leafWidth * groupTrees * leafStride),
    leafStride,
  }
  return { ...layout, bytes: arena.bytes }
}
