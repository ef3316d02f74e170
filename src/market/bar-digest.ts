import { createHash, hash } from 'node:crypto'
import type { Bar, SeriesKey } from '../contracts/bar.ts'

const plainBytes = 49
const pairedBytes = plainBytes + 8

/** Writes what a bar says, and not when it was received, which differs between replicas; answers where it ends. */
function write(bytes: Buffer, begin: number, { openTime, open, high, low, close, volume, empty, partnerClose }: Bar): number {
  let at = begin
  for (const value of [openTime, open, high, low, close, volume]) at = bytes.writeDoubleLE(value, at)
  at = bytes.writeUInt8(Number(empty) + 2 * Number(partnerClose !== undefined), at)
  return partnerClose === undefined ? at : bytes.writeDoubleLE(partnerClose, at)
}

/**
 * SHA-256 of a bar: open time, open, high, low, close and volume as little-endian doubles, a byte (1 if `empty`, 2 more if it has a partner's close), and that close. Equal bars have equal digests,
 * whenever and by whom they were received.
 */
export function digestOfBar(bar: Bar): string {
  const bytes = Buffer.alloc(pairedBytes)
  return hash('sha256', bytes.subarray(0, write(bytes, 0, bar)))
}

/** SHA-256 of bars in a row: `SYMBOL@TIMEFRAME` and a line feed, then the bytes of each. */
export function digestOfBars({ symbol, timeframe }: SeriesKey, bars: readonly Bar[]): string {
  const bytes = Buffer.alloc(bars.length * pairedBytes)
  let at = 0
  for (const bar of bars) at = write(bytes, at, bar)
  return createHash('sha256').update(`${symbol}@${timeframe}\n`).update(bytes.subarray(0, at)).digest('hex')
}
