import { registersFor, type RegisterShape } from '../byte-columns/registers.ts'
import { largestTree, missing, type Ensemble } from '../ensemble.ts'
import type { ForestSource } from '../forest-source.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import type { Quantised } from '../quantise.ts'
import { chooseCapacity, countKinds, type Capacity, type Costs } from './capacity.ts'
import { leafBlockBytes } from './positions.ts'
import { placeSpans, type Placed } from './placement.ts'
import { mostSpans, spansOf, type Span, type Spans } from './spans.ts'

/** Trees that one vector works on: a byte lane each. */
export const lanes = 16

/** What the kernel's code depends on: counts, not thresholds or leaves. */
export type SlabShape = RegisterShape & {
  /** Groups of 16 trees; the last is filled up with trees that add -0. */
  readonly groups: number
  /** Blocks of 32 leaves per tree. */
  readonly blocks: number
  /** Whether some node sends missing values right, so that right and mixed positions are needed. */
  readonly hasBias: boolean
  readonly capacity: readonly Capacity[]
}

/** A model cut to the kernel's measure. `placedOf` gives a tree's places per block, anew at every call, as spans do; `wide` and `categorical[feature]` count positions per group x block. */
export type SlabPlan = {
  readonly shape: SlabShape
  readonly quantised: Quantised
  readonly spans: Spans
  readonly placedOf: (t: number) => readonly (readonly Placed[])[]
  readonly wide: readonly number[]
  readonly categorical: readonly (readonly number[])[]
}

const maxLeaves = 512
/** With more byte columns the wide kernel is quicker. */
const maxRegisterPairs = 6

function costsOf(registerPairs: number, hasBias: boolean): Costs {
  const mixed = hasBias ? 2 : 0
  return { single: 10, pair: 13 + mixed, wide: 3 + 5 * registerPairs + 12 + 2 + mixed, hasBias }
}

/** The trees of a group. */
export function treesOfGroup({ trees }: Pick<Ensemble, 'trees'>, group: number): number[] {
  return Array.from({ length: Math.min(lanes, trees - group * lanes) }, (_, lane) => group * lanes + lane)
}

/** Of many groups a regular sample chooses the capacity: more would only take longer. */
function sampledGroups(groups: number): number[] {
  const step = Math.ceil(groups / 12)
  return Array.from({ length: Math.ceil(groups / step) }, (_, i) => i * step)
}

/** The most positions that a tree of a group needs, per group and block; undefined if all trees together are cut into too many spans. */
function countPositions(
  ensemble: Ensemble,
  { shape, placedOf, spans }: Omit<SlabPlan, 'wide' | 'categorical'>,
): Pick<SlabPlan, 'wide' | 'categorical'> | undefined {
  const cells = shape.groups * shape.blocks
  const wide = Array.from({ length: cells }, () => 0)
  const categorical = spans.categoricalFeatures.map(() => Array.from({ length: cells }, () => 0))
  let left = mostSpans(ensemble.feature.length)
  for (let t = 0; t < ensemble.trees; t++)
    for (const [block, placed] of placedOf(t).entries()) {
      const cell = Math.floor(t / lanes) * shape.blocks + block
      for (const { kind, at, index } of placed) {
        const counts = kind === 'wide' ? wide : kind === 'categorical' ? categorical[at]! : undefined
        if (counts !== undefined) counts[cell] = Math.max(counts[cell]!, index + 1)
      }
      left -= placed.length
      if (left < 0) return undefined
    }
  return { wide, categorical }
}

function shapeOf(ensemble: Ensemble, quantised: Quantised): Omit<SlabShape, 'capacity'> {
  return {
    groups: Math.ceil(ensemble.trees / lanes),
    blocks: Math.ceil(largestTree(ensemble) / 32),
    ...registersFor(quantised.columns.length),
    hasBias: quantised.columns.some((column) => column.missing !== missing.none),
  }
}

/** What bounds a kernel's memory. */
export const slabLimits = { mebibytes: 64, timesEnsemble: 8 } as const

/** Bytes of the kernel's leaves, of which every tree has as many as the largest. */
function leafBytes(ensemble: Ensemble): number {
  return ensemble.trees * Math.ceil(largestTree(ensemble) / 32) * leafBlockBytes * ensemble.leafWidth
}

/** Whether the bit-slab kernel can evaluate the ensemble at all: no linear leaves, at most 512 leaves a tree, and trees that fill enough of its leaves. */
function fitsBitSlab(ensemble: Ensemble): boolean {
  return ensemble.linear === undefined && largestTree(ensemble) <= maxLeaves && leafBytes(ensemble) <= kernelBudget(ensemble, slabLimits)
}

/** The plan of an ensemble, or undefined if it needs more byte columns than six pairs of registers hold, is cut into too many spans or does not fit at all. */
export function planSlab(source: ForestSource): SlabPlan | undefined {
  const { ensemble } = source
  if (!fitsBitSlab(ensemble)) return undefined
  const quantised = source.quantised()
  const shape = shapeOf(ensemble, quantised)
  if (shape.registerPairs > maxRegisterPairs) return undefined
  const { blocks, hasBias, registerPairs } = shape
  const isNear = (span: Span): boolean => span.column < 2 * shape.columnsPerRegister
  const spans = spansOf(ensemble, quantised, blocks)
  const counts = sampledGroups(shape.groups).map((group) => treesOfGroup(ensemble, group).map((t) => spans.ofTree(t).map((block) => countKinds(block, isNear))))
  const capacity = Array.from({ length: blocks }, (_, block) =>
    chooseCapacity(
      counts.map((group) => group.map((tree) => tree[block]!)),
      costsOf(registerPairs, hasBias),
    ),
  )
  const placedOf = (t: number): (readonly Placed[])[] => spans.ofTree(t).map((block, b) => placeSpans(block, capacity[b]!, isNear))
  const plan = { shape: { ...shape, capacity }, quantised, spans, placedOf }
  const counted = countPositions(ensemble, plan)
  return counted && { ...plan, ...counted }
}
