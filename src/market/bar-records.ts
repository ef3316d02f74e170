import type { Bar, SeriesKey } from '../contracts/bar.ts'
import type { SeriesSettings } from './series.ts'

/**
 * What one record of the journal says. `bars`: these bars came in, in this order. `past`: begins a series that was compacted; `older`: versions of bars that later ones replaced.
 */
export type BarRecord = {
  readonly kind: 'bars' | 'past' | 'older'
  readonly key: SeriesKey
  readonly settings: SeriesSettings
  readonly past?: { readonly origin: number; readonly trimmed: number; readonly rewriteCount: number }
  readonly bars: readonly Bar[]
}

const barBytes = 65
const headLength = 4

/** A record as bytes: length of a JSON head (u32), the head, then 65 bytes a bar: eight doubles (little-endian) and the mark `empty`. */
export function encodeRecord({ bars, ...head }: BarRecord): Uint8Array {
  const json = Buffer.from(JSON.stringify(head))
  const bytes = Buffer.alloc(headLength + json.length + bars.length * barBytes)
  bytes.writeUInt32LE(json.length, 0)
  json.copy(bytes, headLength)
  let at = headLength + json.length
  for (const { openTime, closeTime, receivedTime, open, high, low, close, volume, empty } of bars) {
    for (const value of [openTime, closeTime, receivedTime, open, high, low, close, volume]) at = bytes.writeDoubleLE(value, at)
    at = bytes.writeUInt8(empty ? 1 : 0, at)
  }
  return bytes
}

/** The record that `encodeRecord` wrote. */
export function decodeRecord(bytes: Buffer): BarRecord {
  const begin = headLength + bytes.readUInt32LE(0)
  const head = JSON.parse(bytes.toString('utf8', headLength, begin)) as Omit<BarRecord, 'bars'>
  const bars: Bar[] = []
  for (let at = begin; at < bytes.length; at += barBytes) {
    const value = (field: number): number => bytes.readDoubleLE(at + 8 * field)
    const prices = { open: value(3), high: value(4), low: value(5), close: value(6), volume: value(7) }
    bars.push({ openTime: value(0), closeTime: value(1), receivedTime: value(2), ...prices, empty: bytes[at + 64] === 1 })
  }
  return { ...head, bars }
}
