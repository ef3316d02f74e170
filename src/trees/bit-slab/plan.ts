import { registersFor, type RegisterShape } from '../byte-columns/registers.ts'
import { largestTree, missing, type Ensemble } from '../ensemble.ts'
import type { ForestSource } from '../forest-source.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import type { Quantised } from '../quantise.ts'
import { chooseCapacity, countKinds, type Capacity, type Costs } from './capacity.ts'
import { leafBlockBytes } from './positions.ts'
import { placeSpans, type Placed } from './placement.ts'
import { spansOf, type Span, type Spans } from './spans.ts'

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

/** A model cut to the kernel's measure. `placed` is per tree and block; `wide` and `categorical[feature]` count positions per group x block. */
export type SlabPlan = {
  readonly shape: SlabShape
  readonly quantised: Quantised
  readonly spans: Spans
  readonly placed: readonly (readonly (readonly Placed[])[])[]
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

const grouped = <T>(items: readonly T[]): T[][] => Array.from({ length: Math.ceil(items.length / lanes) }, (_, g) => items.slice(g * lanes, (g + 1) * lanes))

/** Of many groups a regular sample chooses the capacity: more would only take longer. */
function sampled<T>(groups: readonly T[]): readonly T[] {
  const step = Math.ceil(groups.length / 12)
  return groups.filter((_, g) => g % step === 0)
}

/** The most positions that a tree of the group needs, per group and block. */
function mostPerGroup(placed: SlabPlan['placed'], blocks: number, counts: (place: Placed) => boolean): number[] {
  return grouped(placed).flatMap((group) => Array.from({ length: blocks }, (_, block) => Math.max(...group.map((tree) => tree[block]!.filter(counts).length))))
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
  if (spans === undefined) return undefined
  const capacity = Array.from({ length: blocks }, (_, block) => {
    const counts = sampled(grouped(spans.perTree)).map((group) => group.map((tree) => countKinds(tree[block]!, isNear)))
    return chooseCapacity(counts, costsOf(registerPairs, hasBias))
  })
  const placed = spans.perTree.map((tree) => tree.map((block, b) => placeSpans(block, capacity[b]!, isNear)))
  return {
    shape: { ...shape, capacity },
    quantised,
    spans,
    placed,
    wide: mostPerGroup(placed, blocks, ({ kind }) => kind === 'wide'),
    categorical: spans.categoricalFeatures.map((_, c) => mostPerGroup(placed, blocks, ({ kind, at }) => kind === 'categorical' && at === c)),
  }
}
