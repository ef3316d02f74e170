import { Arena } from '../arena.ts'
import { largestTree, nodeFlag, type Ensemble } from '../ensemble.ts'
import type { Column } from '../quantise.ts'
import { lanes, type SlabPlan } from './plan.ts'
import { blockOffsets, categoricalBytes, leafBlockBytes, vectorBytes, wideParts } from './positions.ts'

/** Values per block of a large column's table: 16 block maxima, then up to 256 thresholds. A small column has up to 15 thresholds in one block. */
export const tableSizes = { block: 16, large: 272 } as const
/** Bytes of one column's descriptor: address of its table, of its row value, of its byte, and its missing flags (bit 0 NaN, bit 1 zero). */
export const descriptorBytes = 16

/** One categorical feature: per category, once more for unknown ones and once for NaN, a stream with a decision byte per position and tree; masks alike; `trips` = bytes of masks per group and block. */
export type CategoricalLayout = {
  readonly feature: number
  readonly categories: number
  readonly stride: number
  readonly masks: number
  readonly trips: number
  readonly table: number
}

/** Addresses of everything in the kernel's memory; `bytes` is a whole number of pages. */
export type SlabLayout = {
  readonly row: number
  readonly columns: number
  readonly base: number
  readonly out: number
  readonly scratch: number
  readonly treeValues: number
  readonly small: { readonly descriptors: number; readonly tables: number; readonly columns: readonly number[] }
  readonly large: { readonly descriptors: number; readonly tables: number; readonly columns: readonly number[] }
  readonly trips: number
  readonly data: number
  readonly leaves: number
  readonly leafStride: number
  readonly categorical: readonly CategoricalLayout[]
  readonly bytes: number
}

function categoriesOf(ensemble: Ensemble, feature: number): number {
  let words = 0
  for (let node = 0; node < ensemble.feature.length; node++) {
    if ((ensemble.flags[node]! & nodeFlag.categorical) === 0 || ensemble.feature[node] !== feature) continue
    const set = ensemble.threshold[node]!
    words = Math.max(words, ensemble.categoryOffset[set + 1]! - ensemble.categoryOffset[set]!)
  }
  return words * 32
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

function dataBytes({ shape, wide }: SlabPlan): number {
  const fixed = total(shape.capacity.map((capacity) => blockOffsets(shape, capacity).wide))
  return shape.groups * fixed + total(wide) * wideParts(shape).bytes
}

function takeColumns(arena: Arena, columns: readonly Column[], large: boolean): SlabLayout['small'] {
  const indices = [...columns.keys()].filter((c) => columns[c]!.thresholds.length >= tableSizes.block === large)
  const values = large ? tableSizes.large : tableSizes.block
  return { descriptors: arena.take(indices.length * descriptorBytes), tables: arena.take(indices.length * values * 8), columns: indices }
}

/** Assigns addresses. The sizes follow from the plan; nothing is written yet, so a model too large for its memory can be turned away first. */
export function layOut(ensemble: Ensemble, plan: SlabPlan): SlabLayout {
  const arena = new Arena()
  const { groups, blocks, registerPairs } = plan.shape
  const leafStride = Math.ceil(largestTree(ensemble) / 32) * leafBlockBytes
  const tripBytes = groups * blocks * 4
  const fixed = {
    row: arena.take(ensemble.inputs * 8),
    columns: arena.take(registerPairs * 2 * vectorBytes),
    base: arena.take(ensemble.outputs * 8),
    out: arena.take(ensemble.outputs * 8),
    scratch: arena.take(blocks * 64),
    treeValues: arena.take(groups * lanes * 8),
    small: takeColumns(arena, plan.quantised.columns, false),
    large: takeColumns(arena, plan.quantised.columns, true),
    trips: arena.take(tripBytes),
    data: arena.take(dataBytes(plan)),
    leaves: arena.take(groups * lanes * leafStride),
    leafStride,
  }
  const categorical = plan.spans.categoricalFeatures.map((feature, c) => {
    const positions = total(plan.categorical[c]!)
    const categories = categoriesOf(ensemble, feature)
    const stride = positions * vectorBytes
    return {
      feature,
      categories,
      stride,
      masks: arena.take(positions * categoricalBytes),
      trips: arena.take(tripBytes),
      table: arena.take((categories + 2) * stride),
    }
  })
  return { ...fixed, categorical, bytes: arena.bytes }
}
