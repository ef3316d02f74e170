const scratch = new DataView(new ArrayBuffer(8))

/** The largest double below x; x must not be NaN or -Infinity. */
export function nextDown(x: number): number {
  if (x === 0) return -Number.MIN_VALUE
  scratch.setFloat64(0, x)
  scratch.setBigInt64(0, scratch.getBigInt64(0) + (x > 0 ? -1n : 1n))
  return scratch.getFloat64(0)
}

const ordinal = (x: number): bigint => {
  scratch.setFloat64(0, x)
  const bits = scratch.getBigInt64(0)
  return bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits
}

/** How many doubles lie between a and b: 0 if they are equal (+0 and -0, NaN and NaN too), Infinity if one is NaN. */
export function ulpsBetween(a: number, b: number): number {
  if (a !== a || b !== b) return a !== a && b !== b ? 0 : Infinity
  const distance = ordinal(a) - ordinal(b)
  return Number(distance < 0n ? -distance : distance)
}
