const scratch = new DataView(new ArrayBuffer(4))

/** The largest float32 number below x; x must be a float32 number, and neither NaN nor -Infinity. */
export function nextDownFloat(x: number): number {
  scratch.setFloat32(0, x === 0 ? -0 : x)
  scratch.setInt32(0, scratch.getInt32(0) + (x > 0 ? -1 : 1))
  return scratch.getFloat32(0)
}

const ordinal = (x: number): number => {
  scratch.setFloat32(0, x)
  const bits = scratch.getInt32(0)
  return bits < 0 ? -(bits & 0x7fff_ffff) : bits
}

/** How many float32 numbers lie between a and b, which are float32 numbers: 0 if they are equal (+0 and -0, NaN and NaN too), Infinity if one is NaN. */
export function floatUlpsBetween(a: number, b: number): number {
  if (a !== a || b !== b) return a !== a && b !== b ? 0 : Infinity
  return Math.abs(ordinal(a) - ordinal(b))
}
