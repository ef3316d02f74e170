import { Arena } from '../kernel/arena.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { registersFor, type RegisterShape } from '../byte-columns/registers.ts'
import { takeByteColumns, type ByteColumns } from '../byte-columns/tables.ts'
import type { Ensemble } from '../ensemble.ts'
import type { Column } from '../quantise.ts'
import { cutForest } from '../kernel/kernel.ts'
import type { Block } from './blocks.ts'

/** Trees whose walks overlap: those that have not arrived are on a list. */
export const chunkTrees = 64

/** A tree's record: the address that its blocks' numbers count from, its leaves' address, and how far the row has come. */
export const treeRecord = { blocks: 0, leaves: 4, result: 8, bytes: 12 } as const

/** Bytes of a pending tree's entry: its record's address, its next block's. */
export const pendingBytes = 8

/** Bit of a child that is a block: its number is in the other 15. Else the child is a leaf's number. */
export const blockBit = 0x8000

/** Where the parts of a block, which is a cache line, lie: column indices at 0, thresholds, children. Lane 15 of the first two, where no node is, holds which nodes send missing values right. */
export const blockParts = { threshold: vectorBytes, children: 2 * vectorBytes, bytes: 4 * vectorBytes } as const

/** The byte columns of a row that one pair of registers holds: with more, walking node by node is quicker. */
export const maxColumns = 2 * vectorBytes

/** Addresses of everything in the kernel's memory, sums and byte columns first; `bytes` is a whole number of pages. */
export type Bt4Layout = ByteColumns & {
  readonly registers: RegisterShape
  readonly base: number
  readonly out: number
  /** By the seven tests of three levels: the place of the node on the fourth. */
  readonly fourthPlace: number
  readonly pending: number
  readonly touched: number
  readonly trees: number
  /** First blocks of all trees, side by side. */
  readonly roots: number
  readonly blocks: number
  readonly leaves: number
  readonly cuts: readonly number[]
  readonly bytes: number
}

type Model = { readonly ensemble: Ensemble; readonly columns: readonly Column[]; readonly blocks: readonly (readonly Block[])[] }

/** Assigns addresses. Nothing is written yet, so a forest too large for its memory can be turned away first. */
export function layOutBt4({ ensemble, columns, blocks }: Model): Bt4Layout {
  const arena = new Arena()
  const registers = registersFor(columns.length)
  const { bytes } = blockParts
  const before = new Float64Array(ensemble.trees + 1)
  blocks.forEach(
    (ofTree, t) => (before[t + 1] = before[t]! + ofTree.length * bytes + (ensemble.leafOffset[t + 1]! - ensemble.leafOffset[t]!) * ensemble.leafWidth * 8),
  )
  const total = blocks.reduce((sum, ofTree) => sum + ofTree.length, 0)
  const addresses = {
    out: arena.take(ensemble.outputs * 8),
    ...takeByteColumns(arena, ensemble.inputs, { columns, registers }),
    base: arena.take(ensemble.outputs * 8),
    fourthPlace: arena.take(128),
    pending: arena.take(chunkTrees * pendingBytes),
    touched: arena.take(4),
    trees: arena.take(ensemble.trees * treeRecord.bytes),
    roots: arena.take(ensemble.trees * bytes),
    blocks: arena.take((total - ensemble.trees) * bytes),
    leaves: arena.take(ensemble.leafValue.length * 8),
  }
  return { ...addresses, registers, cuts: cutForest(before, chunkTrees), bytes: arena.bytes }
}
