import type { Bar, SeriesKey } from '../contracts/bar.ts'
import { type FlowField, flowFields, noFlow } from '../contracts/flow.ts'
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

const plainBytes = 65
const headLength = 4

type Head = Omit<BarRecord, 'bars'> & { readonly flow?: readonly string[] }

const bytesOf = ({ flow = [] }: Pick<Head, 'flow'>): number => plainBytes + 8 * flow.length

/** Bytes that a bar takes in a record. */
export const bytesOfBar = ({ flow }: Bar): number => bytesOf(flow === undefined ? {} : { flow: flowFields })

/**
 * A record as bytes: length of a JSON head (u32), the head, then 65 bytes a bar: eight doubles (little-endian) and the mark `empty`; behind them a double for each name that the head lists under
 * `flow`, which it does if a bar of the record has any.
 */
export function encodeRecord({ bars, ...about }: BarRecord): Uint8Array {
  const head: Head = bars.some(({ flow }) => flow !== undefined) ? { ...about, flow: flowFields } : about
  const json = Buffer.from(JSON.stringify(head))
  const barBytes = bytesOf(head)
  const bytes = Buffer.alloc(headLength + json.length + bars.length * barBytes)
  bytes.writeUInt32LE(json.length, 0)
  json.copy(bytes, headLength)
  let at = headLength + json.length
  for (const { openTime, closeTime, receivedTime, open, high, low, close, volume, empty, flow = noFlow } of bars) {
    for (const value of [openTime, closeTime, receivedTime, open, high, low, close, volume]) at = bytes.writeDoubleLE(value, at)
    at = bytes.writeUInt8(empty ? 1 : 0, at)
    for (const field of head.flow ?? []) at = bytes.writeDoubleLE(flow[field as FlowField], at)
  }
  return bytes
}

/** The flow of a bar, whose numbers stand in the order of names; undefined if there is none. Names of another release are left out. */
function decodeFlow(names: readonly string[], value: (position: number) => number): Bar['flow'] {
  const known = names.map((name, i) => [name, value(i)] as const).filter(([name, number]) => name in noFlow && !Number.isNaN(number))
  return known.length === 0 ? undefined : { ...noFlow, ...Object.fromEntries(known) }
}

/** The record that `encodeRecord` wrote, in this release or an older one. */
export function decodeRecord(bytes: Buffer): BarRecord {
  const begin = headLength + bytes.readUInt32LE(0)
  const { flow: names = [], ...head } = JSON.parse(bytes.toString('utf8', headLength, begin)) as Head
  const barBytes = bytesOf({ flow: names })
  const bars: Bar[] = []
  for (let at = begin; at < bytes.length; at += barBytes) {
    const value = (field: number): number => bytes.readDoubleLE(at + 8 * field)
    const prices = { open: value(3), high: value(4), low: value(5), close: value(6), volume: value(7) }
    const flow = decodeFlow(names, (i) => bytes.readDoubleLE(at + plainBytes + 8 * i))
    bars.push({
      openTime: value(0),
      closeTime: value(1),
      receivedTime: value(2),
      ...prices,
      empty: bytes[at + 64] === 1,
      ...(flow === undefined ? {} : { flow }),
    })
  }
  return { ...head, bars }
}
