import { createHash, hash } from 'node:crypto'
import type { Bar, SeriesKey } from '../contracts/bar.ts'
import { type Flow, flowFields } from '../contracts/flow.ts'

const plainBytes = 49
const longestBytes = plainBytes + 8 + 4 + 8 * flowFields.length

/** Writes which numbers were observed, a bit each, and those: what NaN is written as is not the same everywhere. */
function writeFlow(bytes: Buffer, begin: number, flow: Flow): number {
  const seen = flowFields.map((field) => !Number.isNaN(flow[field]))
  let at = bytes.writeUInt32LE(
    seen.reduce((bits, is, i) => bits + Number(is) * 2 ** i, 0),
    begin,
  )
  for (const [i, field] of flowFields.entries()) if (seen[i]) at = bytes.writeDoubleLE(flow[field], at)
  return at
}

/** Writes what a bar says, and not when it was received, which differs between replicas; answers where it ends. */
function write(bytes: Buffer, begin: number, { openTime, open, high, low, close, volume, empty, partnerClose, flow }: Bar): number {
  let at = begin
  for (const value of [openTime, open, high, low, close, volume]) at = bytes.writeDoubleLE(value, at)
  at = bytes.writeUInt8(Number(empty) + 2 * Number(partnerClose !== undefined) + 4 * Number(flow !== undefined), at)
  if (partnerClose !== undefined) at = bytes.writeDoubleLE(partnerClose, at)
  return flow === undefined ? at : writeFlow(bytes, at, flow)
}

/**
 * SHA-256 of a bar: open time, open, high, low, close and volume as little-endian doubles, a byte (1 if `empty`, 2 more if it has a partner's close, 4 more if it
 * has order flow), that close, and of the
 * flow a bit for each number that was observed (u32) and these numbers. Equal bars have equal digests,
 * whenever and by whom they were received.
 */
export function digestOfBar(bar: Bar): string {
  const bytes = Buffer.alloc(longestBytes)
  return hash('sha256', bytes.subarray(0, write(bytes, 0, bar)))
}

/** SHA-256 of bars in a row: `SYMBOL@TIMEFRAME` and a line feed, then the bytes of each. */
export function digestOfBars({ symbol, timeframe }: SeriesKey, bars: readonly Bar[]): string {
  const bytes = Buffer.alloc(bars.length * longestBytes)
  let at = 0
  for (const bar of bars) at = write(bytes, at, bar)
  return createHash('sha256').update(`${symbol}@${timeframe}\n`).update(bytes.subarray(0, at)).digest('hex')
}
