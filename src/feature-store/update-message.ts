import type { Update } from './online-store.ts'
import { sealBytes, sealInPlace, unseal } from './seal.ts'

const headBytes = 8 + 4 + 1
const lengthBytes = 6

/** News as bytes: checksum, fence (f64), sequence (u32), whole (u8), then name and bytes of each row behind their lengths (u16, u32), all little-endian. */
export function encodeUpdate({ fence, sequence, whole, rows }: Update): Buffer {
  let size = sealBytes + headBytes
  for (const [name, row] of rows) size += lengthBytes + Buffer.byteLength(name) + row.length
  const bytes = Buffer.allocUnsafe(size)
  let at = bytes.writeDoubleLE(fence, sealBytes)
  at = bytes.writeUInt32LE(sequence, at)
  at = bytes.writeUInt8(Number(whole), at)
  for (const [name, row] of rows) {
    at = bytes.writeUInt16LE(Buffer.byteLength(name), at)
    at = bytes.writeUInt32LE(row.length, at)
    at += bytes.write(name, at)
    bytes.set(row, at)
    at += row.length
  }
  return sealInPlace(bytes)
}

/** The news that `encodeUpdate` wrote; undefined when they came damaged. */
export function decodeUpdate(message: Uint8Array): Update | undefined {
  const bytes = unseal(message)
  if (bytes === undefined) return undefined
  const rows = new Map<string, Uint8Array>()
  for (let at = headBytes; at < bytes.length;) {
    const [nameLength, rowLength] = [bytes.readUInt16LE(at), bytes.readUInt32LE(at + 2)]
    const begin = at + lengthBytes + nameLength
    rows.set(bytes.toString('utf8', at + lengthBytes, begin), bytes.subarray(begin, begin + rowLength))
    at = begin + rowLength
  }
  return { fence: bytes.readDoubleLE(0), sequence: bytes.readUInt32LE(8), whole: bytes.readUInt8(12) === 1, rows }
}
