import { vectorBytes } from '../../wasm/sizes.ts'
import { indexByte } from '../byte-columns/registers.ts'
import { writeByteColumns } from '../byte-columns/tables.ts'
import { nodeFlag, type Ensemble } from '../ensemble.ts'
import { isInSet } from '../interpret.ts'
import type { SlabLayout } from './layout.ts'
import type { Placed } from './placement.ts'
import { lanes, treesOfGroup, type SlabPlan, type SlabShape } from './plan.ts'
import { blockOffsets, categoricalBytes, pairParts, singleBytes, wideParts } from './positions.ts'

type Model = { readonly ensemble: Ensemble; readonly plan: SlabPlan; readonly layout: SlabLayout }

/** Thresholds are compared as signed bytes. A value is rank + 1 and missing 0; with bias right both are one less, so missing wraps to 255. */
const thresholdByte = (rank: number, biasRight: boolean): number => (biasRight ? rank : rank + 1) ^ 0x80

function writePlaced(shape: SlabShape, bytes: Uint8Array, { span, kind, at, index }: Placed): void {
  const slice = (s: number): number => (span.mask >>> (8 * s)) & 255
  if (kind === 'left' || kind === 'right') {
    const from = index * singleBytes
    bytes[from] = indexByte(shape, span.column, 0)
    bytes[from + vectorBytes] = thresholdByte(span.rank, kind === 'right')
    bytes[from + 2 * vectorBytes] = slice(at)
    return
  }
  const isPair = kind === 'pair'
  const parts = isPair ? pairParts(shape) : wideParts(shape)
  const from = index * parts.bytes
  const right = span.bias === 'right'
  for (let pair = 0; pair < (isPair ? 1 : shape.registerPairs); pair++) bytes[from + pair * vectorBytes] = indexByte(shape, span.column, pair)
  bytes[from + parts.threshold] = thresholdByte(span.rank, right)
  for (let s = 0; s < (isPair ? 2 : 4); s++) bytes[from + parts.mask + s * vectorBytes] = slice(at + s)
  if (shape.hasBias) bytes[from + parts.bias] = right ? 1 : 0
}

function writeCategorical({ ensemble, layout }: Model, image: Uint8Array, place: { placed: Placed; position: number; lane: number }): void {
  const { placed, position, lane } = place
  const { masks, table, stride, categories } = layout.categorical[placed.at]!
  const { span } = placed
  for (let s = 0; s < 4; s++) image[masks + position * categoricalBytes + s * vectorBytes + lane] = (span.mask >>> (8 * s)) & 255
  const set = ensemble.threshold[span.node]!
  const write = (line: number, isLeft: boolean): void => void (image[table + line * stride + position * vectorBytes + lane] = isLeft ? 0 : 255)
  for (let category = 0; category < categories; category++) write(category, isInSet(ensemble, set, category))
  write(categories, false)
  write(categories + 1, (ensemble.flags[span.node]! & nodeFlag.defaultLeft) !== 0)
}

/** Trees that are not there add -0, which changes no bit of any sum. */
function writeLeaves({ ensemble, plan, layout }: Model, image: ArrayBuffer): void {
  const values = new Float64Array(image)
  const { leafWidth, leafValue } = ensemble
  for (let t = ensemble.trees; t < plan.shape.groups * lanes; t++) values[(layout.leaves + t * layout.leafStride) / 8] = -0
  for (let t = 0; t < ensemble.trees; t++) {
    const from = (layout.leaves + t * layout.leafStride) / 8
    for (let leaf = ensemble.leafOffset[t]!; leaf < ensemble.leafOffset[t + 1]!; leaf++)
      values.set(leafValue.subarray(leaf * leafWidth, (leaf + 1) * leafWidth), from + plan.spans.leafPosition[leaf]! * leafWidth)
  }
}

function writePositions(model: Model, image: Uint8Array): void {
  const { ensemble, plan, layout } = model
  const { shape } = plan
  const words = new DataView(image.buffer)
  let at = layout.data
  const before = plan.categorical.map(() => 0)
  let group: ReturnType<SlabPlan['placedOf']>[] = []
  for (let cell = 0; cell < shape.groups * shape.blocks; cell++) {
    const block = cell % shape.blocks
    if (block === 0) group = treesOfGroup(ensemble, cell / shape.blocks).map(plan.placedOf)
    const offsets = blockOffsets(shape, shape.capacity[block]!)
    const wideBytes = plan.wide[cell]! * wideParts(shape).bytes
    words.setUint32(layout.trips + cell * 4, wideBytes, true)
    group.forEach((tree, lane) => {
      for (const placed of tree[block]!) {
        if (placed.kind === 'categorical') writeCategorical(model, image, { placed, position: before[placed.at]! + placed.index, lane })
        else writePlaced(shape, image.subarray(at + lane + (placed.kind === 'wide' ? offsets.wide : offsets[placed.kind][placed.at]!)), placed)
      }
    })
    plan.categorical.forEach((counts, c) => {
      words.setUint32(layout.categorical[c]!.trips + cell * 4, counts[cell]! * categoricalBytes, true)
      before[c] = before[c]! + counts[cell]!
    })
    at += offsets.wide + wideBytes
  }
}

/** The initial contents of the kernel's memory: threshold tables, positions, category tables, leaves, first addends. */
export function buildSlabImage(model: Model): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(model.layout.bytes)
  writeByteColumns(image.buffer, model.layout, { columns: model.plan.quantised.columns, registers: model.plan.shape })
  writePositions(model, image)
  writeLeaves(model, image.buffer)
  new Float64Array(image.buffer, model.layout.base, model.ensemble.outputs).set(model.ensemble.base)
  return image
}
