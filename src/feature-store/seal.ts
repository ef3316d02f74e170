import { crc32 } from 'node:zlib'

/** Bytes that the checksum takes in front of what it covers. */
export const sealBytes = 4

/** Writes the checksum (CRC-32) of all that stands behind its place, into its place. */
export function sealInPlace(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(sealBytes)), 0)
  return bytes
}

/** The bytes with their checksum in front. */
export const seal = (body: Uint8Array): Buffer => sealInPlace(Buffer.concat([Buffer.alloc(sealBytes), body]))

/** What was sealed; undefined when it is not what it was. */
export function unseal(bytes: Uint8Array): Buffer | undefined {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (whole.length < sealBytes || whole.readUInt32LE(0) !== crc32(whole.subarray(sealBytes))) return undefined
  return whole.subarray(sealBytes)
}
