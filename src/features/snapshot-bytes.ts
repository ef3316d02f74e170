import type { SeriesKey } from '../contracts/bar.ts'
import type { Snapshot } from './series-fold.ts'

type SnapshotHead = Omit<Snapshot, 'lanes'> & { readonly key: SeriesKey; readonly lanes: readonly (readonly [key: string, length: number])[] }
type ForgetHead = { readonly key: SeriesKey; readonly forget: number }

const headLength = 4

/** A record as bytes: length of a JSON head (u32), the head, then the states as little-endian doubles. */
function encode(head: SnapshotHead | ForgetHead, states: Iterable<Float64Array>): Uint8Array {
  const json = Buffer.from(JSON.stringify(head))
  const doubles = [...states].flatMap((state) => [...state])
  const bytes = Buffer.alloc(headLength + json.length + 8 * doubles.length)
  bytes.writeUInt32LE(json.length, 0)
  json.copy(bytes, headLength)
  let at = headLength + json.length
  for (const value of doubles) at = bytes.writeDoubleLE(value, at)
  return bytes
}

/** A snapshot of a series as bytes. */
export const encodeSnapshot = (key: SeriesKey, { lanes, ...rest }: Snapshot): Uint8Array =>
  encode({ key, ...rest, lanes: [...lanes].map(([name, state]) => [name, state.length] as const) }, lanes.values())

/** The note that snapshots of a series before a boundary are needed no longer. */
export const encodeForget = (key: SeriesKey, boundary: number): Uint8Array => encode({ key, forget: boundary }, [])

/** What was encoded: a snapshot, or such a note. */
export function decodeSnapshot(bytes: Buffer): ForgetHead | { readonly key: SeriesKey; readonly snapshot: Snapshot } {
  let at = headLength + bytes.readUInt32LE(0)
  const head = JSON.parse(bytes.toString('utf8', headLength, at)) as SnapshotHead | ForgetHead
  if ('forget' in head) return head
  const { key, lanes, ...rest } = head
  const states = lanes.map(([name, length]) => {
    const state = Float64Array.from({ length }, (_, i) => bytes.readDoubleLE(at + 8 * i))
    at += 8 * length
    return [name, state] as const
  })
  return { key, snapshot: { ...rest, lanes: new Map(states) } }
}
