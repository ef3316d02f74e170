import { indexByte } from '../byte-columns/registers.ts'
import { writeByteColumns } from '../byte-columns/tables.ts'
import { sendsMissingRight, type Ensemble } from '../ensemble.ts'
import type { Quantised } from '../quantise.ts'
import { blockSize, leafOrder, type Block } from './blocks.ts'
import { blockBit, blockParts, treeRecord, type Bt4Layout } from './layout.ts'

type Model = {
  readonly ensemble: Ensemble
  readonly quantised: Quantised
  readonly blocks: readonly (readonly Block[])[]
  readonly layout: Bt4Layout
}

/** A block's tests. Where no node is, nothing is above the threshold. Which nodes send missing values right is noted: no comparison of bytes does it, for missing is the least. */
function writeTests({ ensemble, quantised, layout }: Model, bytes: DataView, { at, first, block }: { at: number; first: number; block: Block }): void {
  const { threshold } = blockParts
  let right = 0
  for (let lane = 0; lane < blockSize.nodes; lane++) {
    if (block[lane]! < 0) {
      bytes.setUint8(at + threshold + lane, 127)
      continue
    }
    const node = first + block[lane]!
    bytes.setUint8(at + lane, indexByte(layout.registers, quantised.nodeColumn[node]!, 0))
    bytes.setUint8(at + threshold + lane, (quantised.nodeRank[node]! + 1) ^ 0x80)
    if (sendsMissingRight(ensemble.flags[node]!)) right |= 1 << lane
  }
  bytes.setUint8(at + 15, right & 255)
  bytes.setUint8(at + threshold + 15, right >> 8)
}

/** Writes tree t; its first block stands among the roots, the others count from `next`, its leaves from `leaves`. */
function writeTree(model: Model, bytes: DataView, { t, next, leaves }: { t: number; next: number; leaves: number }): void {
  const { ensemble, layout } = model
  const { leafWidth, leafValue } = ensemble
  const [first, firstLeaf] = [ensemble.nodeOffset[t]!, ensemble.leafOffset[t]!]
  const base = next - blockParts.bytes
  const record = layout.trees + t * treeRecord.bytes
  bytes.setInt32(record + treeRecord.blocks, base, true)
  bytes.setInt32(record + treeRecord.leaves, leaves, true)
  const order = leafOrder(ensemble, t)
  const leafPlace = new Int32Array(order.length)
  order.forEach((leaf, place) => {
    leafPlace[leaf] = place
    for (let k = 0; k < leafWidth; k++) bytes.setFloat64(leaves + (place * leafWidth + k) * 8, leafValue[(firstLeaf + leaf) * leafWidth + k]!, true)
  })
  const blocks = model.blocks[t]!
  const numberOf = new Map(blocks.map((block, number) => [block[0]!, number]))
  blocks.forEach((block, number) => {
    const at = number === 0 ? layout.roots + t * blockParts.bytes : base + number * blockParts.bytes
    writeTests(model, bytes, { at, first, block })
    for (let i = 0; i < blockSize.exits; i++) {
      const exit = block[blockSize.nodes + i]!
      bytes.setUint16(at + blockParts.children + i * 2, exit < 0 ? leafPlace[~exit]! : blockBit | numberOf.get(exit)!, true)
    }
  })
}

/** The place on the fourth level that three levels of tests lead to, by their seven bits: 1 = right. */
function fourthPlace(bits: number): number {
  let place = 0
  for (let level = 0; level < 3; level++) place = 2 * place + 1 + ((bits >> place) & 1)
  return place
}

/** The initial contents of the kernel's memory. */
export function buildBt4Image(model: Model): Uint8Array<ArrayBuffer> {
  const { ensemble, quantised, layout } = model
  const image = new Uint8Array(layout.bytes)
  const bytes = new DataView(image.buffer)
  writeByteColumns(image.buffer, layout, { columns: quantised.columns, registers: layout.registers })
  new Float64Array(image.buffer, layout.base, ensemble.outputs).set(ensemble.base)
  for (let bits = 0; bits < 128; bits++) image[layout.fourthPlace + bits] = fourthPlace(bits)
  let next = layout.blocks
  for (let t = 0; t < ensemble.trees; t++) {
    writeTree(model, bytes, { t, next, leaves: layout.leaves + ensemble.leafOffset[t]! * ensemble.leafWidth * 8 })
    next += (model.blocks[t]!.length - 1) * blockParts.bytes
  }
  return image
}
