import type { FunctionBody } from '../../wasm/function-body.ts'
import type { Arena } from '../kernel/arena.ts'
import { missing } from '../ensemble.ts'
import type { Column } from '../quantise.ts'
import { vectorBytes } from '../../wasm/sizes.ts'
import { byteOffset, type RegisterShape } from './registers.ts'

/** Values per block of a large column's table: 16 block maxima, then up to 256 thresholds. A small column has up to 15 thresholds in one block. */
export const tableSizes = { block: 16, large: 272 } as const
/** Bytes of one column's descriptor: address of its table, of its row value, of its byte, and its missing flags (bit 0 NaN, bit 1 zero). */
export const descriptorBytes = 16

/** Addresses of the tables and descriptors of columns of one size; `columns` are their numbers. */
type TablesOfSize = { readonly descriptors: number; readonly tables: number; readonly columns: readonly number[] }

/** Addresses of a row, of its byte columns, and of what turns the one into the other. */
export type ByteColumns = { readonly row: number; readonly columns: number; readonly small: TablesOfSize; readonly large: TablesOfSize }

function takeTables(arena: Arena, columns: readonly Column[], large: boolean): TablesOfSize {
  const indices = [...columns.keys()].filter((c) => columns[c]!.thresholds.length >= tableSizes.block === large)
  const values = large ? tableSizes.large : tableSizes.block
  return { descriptors: arena.take(indices.length * descriptorBytes), tables: arena.take(indices.length * values * 8), columns: indices }
}

/** Assigns the addresses that rows of `inputs` values need, the byte columns first. */
export function takeByteColumns(arena: Arena, inputs: number, { columns, registers }: { columns: readonly Column[]; registers: RegisterShape }): ByteColumns {
  return {
    columns: arena.take(registers.registerPairs * 2 * vectorBytes),
    row: arena.take(inputs * 8),
    small: takeTables(arena, columns, false),
    large: takeTables(arena, columns, true),
  }
}

const missingBit = { [missing.none]: 0, [missing.nan]: 1, [missing.zero]: 2 } as Readonly<Record<number, number>>

function writeTable(values: Float64Array, { thresholds }: Column): void {
  values.fill(Infinity)
  if (values.length === tableSizes.block) {
    values.set(thresholds)
    return
  }
  for (let block = 0; block < tableSizes.block; block++) values[block] = thresholds[block * tableSizes.block + tableSizes.block - 1] ?? Infinity
  values.set(thresholds, tableSizes.block)
}

/** Writes tables and descriptors into a kernel's memory. */
export function writeByteColumns(image: ArrayBuffer, at: ByteColumns, { columns, registers }: { columns: readonly Column[]; registers: RegisterShape }): void {
  for (const { descriptors, tables, columns: ofSize } of [at.small, at.large]) {
    const size = ofSize === at.large.columns ? tableSizes.large : tableSizes.block
    ofSize.forEach((index, i) => {
      const column = columns[index]!
      const table = tables + i * size * 8
      writeTable(new Float64Array(image, table, size), column)
      const descriptor = [table, at.row + column.feature * 8, at.columns + byteOffset(registers, index), missingBit[column.missing]!]
      new Int32Array(image, descriptors + i * descriptorBytes, 4).set(descriptor)
    })
  }
}

/** Turns the row into byte columns: calls `binningFunctions`, the first of the module, for all columns of their sizes. */
export function callBinning(body: FunctionBody, { small, large }: ByteColumns): void {
  for (const [index, { descriptors, columns }] of [small, large].entries())
    body
      .i32(descriptors)
      .i32(descriptors + columns.length * descriptorBytes)
      .call(index)
}

/** Loads the byte columns into registers. */
export function loadRegisters(body: FunctionBody, { columns }: ByteColumns, registers: readonly number[]): void {
  registers.forEach((register, i) =>
    body
      .i32(0)
      .memory('v128.load', columns + i * vectorBytes)
      .set(register),
  )
}
