import type { FunctionBody } from '../../wasm/function-body.ts'
import { vectorBytes } from '../../wasm/sizes.ts'

/** How a row's byte columns lie in vector registers. */
export type RegisterShape = {
  /** Pairs of registers that hold a row's byte columns. */
  readonly registerPairs: number
  /** Columns per register: 16, or 15 where there are several pairs: nothing is ever written to lane 15 then, and its 0 means "not in this pair". */
  readonly columnsPerRegister: number
}

/** The registers that a number of columns takes, one pair at least. */
export function registersFor(columns: number): RegisterShape {
  const columnsPerRegister = columns <= 32 ? 16 : 15
  return { columnsPerRegister, registerPairs: Math.max(1, Math.ceil(columns / (2 * columnsPerRegister))) }
}

/** A vector with the same byte in every lane. */
export const inEveryLane = (byte: number): number[] => Array.from({ length: vectorBytes }, () => byte)

/** Where a column's byte stands among the registers. */
export function byteOffset({ columnsPerRegister }: RegisterShape, column: number): number {
  return Math.floor(column / columnsPerRegister) * vectorBytes + (column % columnsPerRegister)
}

/** The index byte of a column for one pair of registers: 0-15 the first, 128-143 the second, lane 15 (kept zero) if it is in another pair. */
export function indexByte({ columnsPerRegister: each }: RegisterShape, column: number, pair: number): number {
  if (Math.floor(column / (2 * each)) !== pair) return 15
  const within = column % (2 * each)
  return within >= each ? (within - each) | 0x80 : within
}

/** The relaxed swizzle gives the same answers (indices are 0-15 or >= 128) in fewer instructions on x86. */
export type Swizzle = 'i8x16.swizzle' | 'i8x16.relaxed_swizzle'

/** Locals of a gather: `cursor` is where the indices stand, `index` scratch, `topBit` holds 0x80 in every byte. */
export type GatherLocals = { readonly cursor: number; readonly index: number; readonly topBit: number }

/** Pushes the column bytes that 16 index bytes pick from a pair of registers: 0-15 from the first, 128-143 from the second; every other index gives 0. */
export function gatherColumns(
  body: FunctionBody,
  source: { swizzle: Swizzle; locals: GatherLocals; registers: readonly [number, number] },
  offset: number,
): void {
  const { swizzle, registers } = source
  const { cursor, index, topBit } = source.locals
  body.get(registers[0], cursor).memory('v128.load', offset).tee(index).op(swizzle)
  body.get(registers[1], index, topBit).op('v128.xor', swizzle, 'v128.or')
}
