import { crc32 } from 'node:zlib'
import type { SeriesClock } from '../contracts/bar.ts'
import type { FeatureStatus, FeatureVector } from '../contracts/features.ts'
import { sealBytes, sealInPlace, unseal } from './seal.ts'

/**
 * One row of a feature set as its writer computed it. `run` counts the rows of its series without a gap, so that readers see whether two rows follow each other; the statuses are those of
 * a window that ends with the row. Its version is (fence, sequence): the grant that it was written under, and the place of its publication among those of the grant.
 */
export type VectorRow = {
  readonly fence: number
  readonly sequence: number
  readonly closeTime: number
  readonly receivedTime: number
  readonly run: number
  readonly clock: SeriesClock
  /** True if its calendar says which bars there have to be. */
  readonly known: boolean
  /** When the period of the next bar that there can be opens, at its close or later. */
  readonly nextOpen: number
  /** True for a bar that stands for a missing one: its row is read as the past of a later one only. */
  readonly filled: boolean
  readonly values: Float64Array
  readonly reading: Pick<FeatureVector, 'complete' | 'statuses' | 'origin' | 'warming' | 'reasons'>
}

/** Which set a row is of: its digest (64 hexadecimal digits), and what a complete row's statuses are. */
export type RowShape = { readonly digest: string; readonly allOk: readonly FeatureStatus[] }

const statusNames: readonly FeatureStatus[] = ['ok', 'warming', 'stale', 'missing', 'partner-missing', 'flat', 'quarantined']
/** Progress of columns that warm up, and why others are absent. */
type Notes = readonly [warming: readonly (readonly [number, string])[], reasons: readonly (readonly [number, string])[]]

const digestBytes = 32
const versionBytes = 8 + 4 + 8
const content = sealBytes + versionBytes
const values = digestBytes + 8 + 4 + 8 + 4
const nextOpenBytes = 8
const flags = { complete: 1, replay: 2, unknown: 4, filled: 8, pause: 16 } as const

const marksOf = ({ reading, clock, known, filled, nextOpen, closeTime }: VectorRow): number =>
  (reading.complete ? flags.complete : 0) |
  (clock === 'replay' ? flags.replay : 0) |
  (known ? 0 : flags.unknown) |
  (filled ? flags.filled : 0) |
  (nextOpen === closeTime ? 0 : flags.pause)

const notesOf = ({ warming = new Map(), reasons = new Map() }: VectorRow['reading']): string =>
  warming.size + reasons.size === 0 ? '' : JSON.stringify([[...warming], [...reasons]] satisfies Notes)

/** Bytes of a row, but for a pause before the next one and for the notes on columns that are absent. */
export const bytesOfRow = (columns: number): number => content + values + 9 * columns

/** A row as bytes, with a checksum over all of it and the digest of its set inside. Numbers are little-endian, values bit for bit. */
export function encodeRow(row: VectorRow, { digest }: Pick<RowShape, 'digest'>): Buffer {
  const { statuses, origin = NaN } = row.reading
  const notes = notesOf(row.reading)
  const marks = marksOf(row)
  const pauseBytes = (marks & flags.pause) === 0 ? 0 : nextOpenBytes
  const bytes = Buffer.allocUnsafe(bytesOfRow(row.values.length) + pauseBytes + Buffer.byteLength(notes))
  let at = bytes.writeDoubleLE(row.fence, sealBytes)
  at = bytes.writeUInt32LE(row.sequence, at)
  at = bytes.writeDoubleLE(row.receivedTime, at)
  at += bytes.write(digest, at, 'hex')
  at = bytes.writeDoubleLE(row.closeTime, at)
  at = bytes.writeUInt32LE(row.run, at)
  at = bytes.writeDoubleLE(origin, at)
  at = bytes.writeUInt32LE(marks, at)
  for (const value of row.values) at = bytes.writeDoubleLE(value, at)
  for (const status of statuses) at = bytes.writeUInt8(statusNames.indexOf(status), at)
  if (pauseBytes > 0) at = bytes.writeDoubleLE(row.nextOpen, at)
  bytes.write(notes, at)
  return sealInPlace(bytes)
}

/** Equal for rows that say the same, whatever their version and receipt. */
export const contentOf = (row: Uint8Array): number => crc32(row.subarray(content))

/** The row that `encodeRow` wrote; undefined for one that is damaged, or of another set. */
export function decodeRow(row: Uint8Array, { digest, allOk }: RowShape): VectorRow | undefined {
  const bytes = unseal(row)
  const columns = allOk.length
  if (bytes === undefined || row.length < bytesOfRow(columns)) return undefined
  const about = bytes.subarray(versionBytes)
  if (about.toString('hex', 0, digestBytes) !== digest) return undefined
  const marks = about.readUInt32LE(digestBytes + 20)
  const closeTime = about.readDoubleLE(digestBytes)
  const end = values + 9 * columns
  const hasPause = (marks & flags.pause) !== 0
  return {
    fence: bytes.readDoubleLE(0),
    sequence: bytes.readUInt32LE(8),
    receivedTime: bytes.readDoubleLE(12),
    closeTime,
    nextOpen: hasPause ? about.readDoubleLE(end) : closeTime,
    run: about.readUInt32LE(digestBytes + 8),
    clock: (marks & flags.replay) === 0 ? 'live' : 'replay',
    known: (marks & flags.unknown) === 0,
    filled: (marks & flags.filled) !== 0,
    values: Float64Array.from({ length: columns }, (_, i) => about.readDoubleLE(values + 8 * i)),
    reading: readingOf(about, { allOk, complete: (marks & flags.complete) !== 0, notesAt: end + (hasPause ? nextOpenBytes : 0) }),
  }
}

function readingOf(
  about: Buffer,
  { allOk, complete, notesAt }: { readonly allOk: readonly FeatureStatus[]; readonly complete: boolean; readonly notesAt: number },
): VectorRow['reading'] {
  const columns = allOk.length
  const origin = about.readDoubleLE(digestBytes + 12)
  const ends = values + 8 * columns
  const notes = about.toString('utf8', notesAt)
  const [warming, reasons] = notes === '' ? [[], []] : (JSON.parse(notes) as Notes)
  return {
    complete,
    statuses: complete ? allOk : Array.from(about.subarray(ends, ends + columns), (code) => statusNames[code] as FeatureStatus),
    ...(Number.isNaN(origin) ? {} : { origin }),
    ...(warming.length === 0 ? {} : { warming: new Map(warming) }),
    ...(reasons.length === 0 ? {} : { reasons: new Map(reasons) }),
  }
}

/** Name of a row among those of its symbol. */
export const rowName = (setKey: string, closeTime: number): string => `${setKey}/${closeTime}`

/** The set's key and the close time of a row's name. */
export function readRowName(name: string): { readonly setKey: string; readonly closeTime: number } {
  const cut = name.indexOf('/')
  return { setKey: name.slice(0, cut), closeTime: Number(name.slice(cut + 1)) }
}
