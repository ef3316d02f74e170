import { Arena } from '../arena.ts'
import type { RegisterShape } from '../byte-columns/registers.ts'
import { registersFor, vectorBytes } from '../byte-columns/registers.ts'
import { takeByteColumns, type ByteColumns } from '../byte-columns/tables.ts'
import type { Ensemble } from '../ensemble.ts'
import type { Column } from '../quantise.ts'
import type { Block } from './blocks.ts'

/** Trees whose walks overlap: those that have not arrived are on a list. */
export const chunkTrees = 64

/** A tree's record: the address that its blocks' numbers count from, its leaves' address, and how far the row has come. */
export const treeRecord = { blocks: 0, leaves: 4, result: 8, bytes: 12 } as const

/** Bit of a child that is a block: its number is in the other 15. Else the child is a leaf's number. */
export const blockBit = 0x8000

/** Where the parts of a block lie; one vector of indices per pair of registers at 0. Lane 15 of the first indices and of the thresholds, where no node is, holds which nodes send missing values right. */
export function blockParts({ registerPairs }: RegisterShape): { threshold: number; children: number; bytes: number } {
  const threshold = registerPairs * vectorBytes
  return { threshold, children: threshold + vectorBytes, bytes: threshold + 3 * vectorBytes }
}

/** Addresses of everything in the kernel's memory; `bytes` is a whole number of pages. */
export type Bt4Layout = ByteColumns & {
  readonly registers: RegisterShape
  readonly base: number
  readonly out: number
  /** By the seven tests of three levels: the place of the node on the fourth. */
  readonly fourthPlace: number
  readonly pending: number
  readonly trees: number
  /** First blocks of all trees, side by side. */
  readonly roots: number
  readonly blocks: number
  readonly leaves: number
  readonly bytes: number
}

type Model = { readonly ensemble: Ensemble; readonly columns: readonly Column[]; readonly blocks: readonly (readonly Block[])[] }

/** Assigns addresses. Nothing is written yet, so a forest too large for its memory can be turned away first. */
export function layOutBt4({ ensemble, columns, blocks }: Model): Bt4Layout {
  const arena = new Arena()
  const registers = registersFor(columns.length)
  const { bytes } = blockParts(registers)
  const total = blocks.reduce((sum, ofTree) => sum + ofTree.length, 0)
  const addresses = {
    ...takeByteColumns(arena, ensemble.inputs, { columns, registers }),
    base: arena.take(ensemble.outputs * 8),
    out: arena.take(ensemble.outputs * 8),
    fourthPlace: arena.take(128),
    pending: arena.take(chunkTrees * 4),
    trees: arena.take(ensemble.trees * treeRecord.bytes),
    roots: arena.take(ensemble.trees * bytes),
    blocks: arena.take((total - ensemble.trees) * bytes),
    leaves: arena.take(ensemble.leafValue.length * 8),
  }
  return { ...addresses, registers, bytes: arena.bytes }
}
