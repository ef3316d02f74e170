import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { DayTableSpec, Row } from './day-table.ts'
import type { ColumnSpec } from './table.ts'
import type { ServedVector, VectorSet } from './vector-records.ts'

const about: readonly ColumnSpec[] = [
  { name: 'symbol', type: 'text' },
  { name: 'close_time', type: 'time' },
  { name: 'as_of', type: 'time' },
  { name: 'served_time', type: 'time' },
  { name: 'prediction_id', type: 'text' },
  { name: 'model', type: 'text' },
  { name: 'model_version', type: 'text' },
  { name: 'clock', type: 'text' },
  { name: 'origin', type: 'time' },
  { name: 'window', type: 'integer' },
  { name: 'vector_digest', type: 'text' },
  { name: 'exceptions', type: 'text' },
]

/** Where the served vectors of a set lie, a file for each day (UTC) of serving: in a folder by the begin of its digest. */
export const vectorFolder = (history: string, digest: string): string => join(history, 'vectors', `set=${digest.slice(0, 16)}`)

/**
 * Served vectors of one set in Parquet: whose, as of what, when served, by which prediction and version, then a double for each feature. `exceptions` is a JSON object that says of columns why they
 * have no stored value (their status), or that the value is the caller's or declared by the manifest; null if it is all stored values.
 */
export const vectorTable = (history: string, set: VectorSet): DayTableSpec => ({
  folder: vectorFolder(history, set.feature_set_digest),
  columns: [...about, ...set.features.map((name) => ({ name, type: 'double' }) as const)],
  key: 'prediction_id',
  first: 'served_time',
  order: 'symbol, as_of, served_time, prediction_id',
  about: set,
})

/** SHA-256 over the bytes of all rows of a window, oldest first, little-endian. */
export const digestOfWindow = ({ buffer, byteOffset, byteLength }: Float64Array): string => hash('sha256', Buffer.from(buffer, byteOffset, byteLength))

/** What is to be said of columns that are no stored values, by feature. */
export function exceptionsOf({ head, supplied, declared }: ServedVector): Readonly<Record<string, string>> {
  const { features } = head.set
  const statuses = (head.statuses ?? []).flatMap((status, column) => (status === 'ok' ? [] : [[features[column] as string, status] as const]))
  const others = [...declared.map((id) => [id, 'declared'] as const), ...supplied.map((column) => [features[column] as string, 'caller'] as const)]
  return Object.fromEntries([...statuses, ...others])
}

/** A served vector as a row of `vectorTable`. */
export function vectorRow(served: ServedVector): Row {
  const { head, symbol, id, at, asOf, barCloseTime = NaN, origin = NaN, vector } = served
  const width = head.set.features.length
  const window = vector.length / width
  const exceptions = exceptionsOf(served)
  return [
    symbol,
    barCloseTime,
    asOf,
    at,
    id,
    head.model,
    head.version,
    head.clock,
    origin,
    window,
    window > 1 ? digestOfWindow(vector) : null,
    Object.keys(exceptions).length > 0 ? JSON.stringify(exceptions) : null,
    ...vector.subarray(vector.length - width),
  ]
}
