/** Bytes of one vector, and rows that it holds: one byte lane a row. */
export const vectorBytes = 16
/** Vectors that the kernel works on at a time, at most. With 4 instead of 8 the work per match is split between fewer rows: 10 to 15 % slower. */
export const blockVectors = 8
/** Rows that one call of the kernel can take; bytes of whatever has a byte per row. */
export const blockRows = blockVectors * vectorBytes
