import { join } from 'node:path'
import type { SeriesKey } from '../contracts/bar.ts'
import type { Gauge, Meter } from '../contracts/meter.ts'
import { RecordLog, type Recovery } from '../market/record-log.ts'
import type { Snapshot } from './series-fold.ts'
import type { FoldStates } from './symbol-folds.ts'

/** Where the file lies, and how many snapshots of a series it keeps when it is compacted. */
export type FoldStateLogDeps = { readonly folder: string; readonly keepSnapshots: number; readonly meter: Meter }

type Head = Omit<Snapshot, 'lanes'> & { readonly key: SeriesKey; readonly lanes: readonly (readonly [key: string, length: number])[] }

const headLength = 4
const compactWhen = 4

const nameOf = ({ symbol, timeframe }: SeriesKey): string => `${symbol}@${timeframe}`

/** Two snapshots of a boundary with the same signature hold the same states. */
const signatureOf = ({ rewrites, lanes }: Snapshot): string => `${rewrites} ${[...lanes.keys()].toSorted().join(' ')}`

/** A snapshot as bytes: length of a JSON head (u32), the head, then the states as little-endian doubles. */
function encode(key: SeriesKey, { lanes, ...rest }: Snapshot): Uint8Array {
  const head: Head = { key, ...rest, lanes: [...lanes].map(([name, state]) => [name, state.length] as const) }
  const json = Buffer.from(JSON.stringify(head))
  const doubles = [...lanes.values()].reduce((sum, state) => sum + state.length, 0)
  const bytes = Buffer.alloc(headLength + json.length + 8 * doubles)
  bytes.writeUInt32LE(json.length, 0)
  json.copy(bytes, headLength)
  let at = headLength + json.length
  for (const state of lanes.values()) for (const value of state) at = bytes.writeDoubleLE(value, at)
  return bytes
}

function decode(bytes: Buffer): { readonly key: SeriesKey; readonly snapshot: Snapshot } {
  let at = headLength + bytes.readUInt32LE(0)
  const { key, lanes, ...rest } = JSON.parse(bytes.toString('utf8', headLength, at)) as Head
  const states = lanes.map(([name, length]) => {
    const state = Float64Array.from({ length }, (_, i) => bytes.readDoubleLE(at + 8 * i))
    at += 8 * length
    return [name, state] as const
  })
  return { key, snapshot: { ...rest, lanes: new Map(states) } }
}

/**
 * Snapshots of kernels on disk, checksummed, beside the journal of bars: a restart goes on from the states before the oldest bar that is kept, so that its values are those of a
 * process that never ended. Lost snapshots cost a new warm-up, nothing else, so the file is synced only when it is closed, and a write that fails ends the writing.
 */
export class FoldStateLog implements FoldStates {
  readonly #log: RecordLog
  readonly #failed: Gauge
  readonly #loaded = new Map<string, Map<number, Snapshot>>()
  readonly #signatures = new Map<string, Map<number, string>>()
  #healthy = true
  constructor({ folder, keepSnapshots, meter }: FoldStateLogDeps) {
    this.#failed = meter.gauge('feature_states_failed', '1 after states of features could not be written to disk')
    this.#failed.set(0)
    const keys = new Map<string, SeriesKey>()
    let read = 0
    this.#log = new RecordLog(join(folder, 'features.log'), (payload) => {
      const { key, snapshot } = decode(payload)
      read += 1
      keys.set(nameOf(key), key)
      this.#remember(nameOf(key), snapshot, keepSnapshots)
    })
    const kept = [...this.#loaded].flatMap(([name, byBoundary]) => [...byBoundary.values()].map((snapshot) => ({ key: keys.get(name) as SeriesKey, snapshot })))
    if (read > compactWhen * kept.length) this.#log.rewrite(kept.map(({ key, snapshot }) => encode(key, snapshot)))
  }

  /** What opening the file found. */
  get recovery(): Recovery {
    return this.#log.recovery
  }

  /** Snapshots of an earlier life, by boundary; they are handed over once. */
  load(key: SeriesKey): readonly Snapshot[] {
    const loaded = this.#loaded.get(nameOf(key))
    this.#loaded.delete(nameOf(key))
    return [...(loaded?.values() ?? [])].toSorted((a, b) => a.boundary - b.boundary)
  }

  keep(key: SeriesKey, snapshot: Snapshot): void {
    const known = this.#signatures.get(nameOf(key)) ?? new Map<number, string>()
    this.#signatures.set(nameOf(key), known)
    if (!this.#healthy || known.get(snapshot.boundary) === signatureOf(snapshot)) return
    known.set(snapshot.boundary, signatureOf(snapshot))
    try {
      this.#log.append(encode(key, snapshot))
    } catch {
      this.#healthy = false
      this.#failed.set(1)
    }
  }

  close(): void {
    this.#log.close()
  }

  #remember(name: string, snapshot: Snapshot, keepSnapshots: number): void {
    const loaded = this.#loaded.get(name) ?? new Map<number, Snapshot>()
    const signatures = this.#signatures.get(name) ?? new Map<number, string>()
    this.#loaded.set(name, loaded)
    this.#signatures.set(name, signatures)
    loaded.delete(snapshot.boundary)
    loaded.set(snapshot.boundary, snapshot)
    signatures.set(snapshot.boundary, signatureOf(snapshot))
    if (loaded.size <= keepSnapshots) return
    const oldest = Math.min(...loaded.keys())
    loaded.delete(oldest)
    signatures.delete(oldest)
  }
}
