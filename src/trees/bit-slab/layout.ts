import { Arena } from '../kernel/arena.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { takeByteColumns, type ByteColumns } from '../byte-columns/tables.ts'
import { isCategorical, largestTree, wordsInSet, type Ensemble } from '../ensemble.ts'
import { lanes, type SlabPlan } from './plan.ts'
import { blockOffsets, categoricalBytes, leafBlockBytes, wideParts } from './positions.ts'

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
export type SlabLayout = ByteColumns & {
  readonly base: number
  readonly out: number
  readonly scratch: number
  readonly treeValues: number
  readonly trips: number
  readonly data: number
  readonly leaves: number
  readonly leafStride: number
  readonly categorical: readonly CategoricalLayout[]
  readonly bytes: number
}

function categoriesOf(ensemble: Ensemble, feature: number): number {
  let words = 0
  for (let node = 0; node < ensemble.feature.length; node++)
    if (isCategorical(ensemble, node) && ensemble.feature[node] === feature) words = Math.max(words, wordsInSet(ensemble, node))
  return words * 32
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

function dataBytes({ shape, wide }: SlabPlan): number {
  const fixed = total(shape.capacity.map((capacity) => blockOffsets(shape, capacity).wide))
  return shape.groups * fixed + total(wide) * wideParts(shape).bytes
}

/** Assigns addresses. The sizes follow from the plan; nothing is written yet, so a model too large for its memory can be turned away first. */
export function layOutSlab(ensemble: Ensemble, plan: SlabPlan): SlabLayout {
  const arena = new Arena()
  const { groups, blocks } = plan.shape
  const leafStride = Math.ceil(largestTree(ensemble) / 32) * leafBlockBytes * ensemble.leafWidth
  const tripBytes = groups * blocks * 4
  const fixed = {
    ...takeByteColumns(arena, ensemble.inputs, { columns: plan.quantised.columns, registers: plan.shape }),
    base: arena.take(ensemble.outputs * 8),
    out: arena.take(ensemble.outputs * 8),
    scratch: arena.take(blocks * 64),
    treeValues: arena.take(groups * lanes * 8),
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

/** Bytes of the tables of categories. */
export function tableBytes({ categorical }: SlabLayout): number {
  return total(categorical.map(({ stride, categories }) => (categories + 2) * stride))
}
