import type { ByteWriter } from './byte-writer.ts'

function requireInteger(value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) throw new RangeError(`${value} is not a whole number from ${min} to ${max}`)
}

/** Writes an unsigned 32-bit number as LEB128 (WebAssembly core specification 5.2.2). Throws RangeError if it is none. */
export function writeUnsigned(writer: ByteWriter, value: number): void {
  requireInteger(value, 0, 0xffff_ffff)
  let rest = value
  while (rest > 127) {
    writer.push((rest & 127) | 128)
    rest >>>= 7
  }
  writer.push(rest)
}

/** Writes a signed 32-bit number as LEB128. Throws RangeError if it is none. */
export function writeSigned(writer: ByteWriter, value: number): void {
  requireInteger(value, -0x8000_0000, 0x7fff_ffff)
  let rest = value
  for (;;) {
    const low = rest & 127
    rest >>= 7
    const signBit = low & 64
    if ((rest === 0 && signBit === 0) || (rest === -1 && signBit !== 0)) {
      writer.push(low)
      return
    }
    writer.push(low | 128)
  }
}

/** A decoded number and the offset after it. */
export type Decoded = { readonly value: number; readonly next: number }

function readGroups(bytes: Uint8Array, offset: number): { bits: number; next: number; shift: number; last: number } {
  let bits = 0
  let at = offset
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++]
    if (byte === undefined) break
    bits |= (byte & 127) << shift
    if (byte < 128) return { bits, next: at, shift: shift + 7, last: byte }
  }
  throw new RangeError(`no LEB128 number of 32 bits at offset ${offset}`)
}

/** Reads what writeUnsigned wrote. Throws RangeError on a number that does not end or is longer than 32 bits allow. */
export function readUnsigned(bytes: Uint8Array, offset = 0): Decoded {
  const { bits, next } = readGroups(bytes, offset)
  return { value: bits >>> 0, next }
}

/** Reads what writeSigned wrote. Throws RangeError on a number that does not end or is longer than 32 bits allow. */
export function readSigned(bytes: Uint8Array, offset = 0): Decoded {
  const { bits, next, shift, last } = readGroups(bytes, offset)
  const isNegative = (last & 64) !== 0
  return { value: isNegative && shift < 32 ? bits | (-1 << shift) : bits, next }
}
