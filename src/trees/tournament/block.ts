import { vectorBytes } from '../../wasm/sizes.ts'

/** Vectors that the kernel works on at a time, at most. With 4 instead of 8 the work per match is split between fewer rows: 10 to 15 % slower. */
export const blockVectors = 8
/** Rows that one call of the kernel can take, a byte lane each; bytes of whatever has a byte per row. */
export const blockRows = blockVectors * vectorBytes

/** The kernel's function that takes so many vectors of rows: `run1`(rows) up to 16 rows, `run2` up to 32, and so on. */
export const runName = (vectors: number): string => `run${vectors}`
