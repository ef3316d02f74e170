/** Bytes of one page, the unit of a memory's size. */
export const pageBytes = 65536

/** Bytes of one vector. */
export const vectorBytes = 16
