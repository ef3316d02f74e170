import { readFileSync, writeFileSync } from 'node:fs'

/** Float64 values of a file without header, little-endian. */
export function readDoubles(path: string): Float64Array {
  const bytes = readFileSync(path)
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

/** Writes float64 values as `readDoubles` reads them. */
export const writeDoubles = (path: string, values: Float64Array): void =>
  writeFileSync(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
