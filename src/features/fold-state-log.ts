import { join } from 'node:path'
import type { SeriesKey } from '../contracts/bar.ts'
import type { Gauge, Meter } from '../contracts/meter.ts'
import { RecordLog, type Recovery } from '../market/record-log.ts'
import type { Snapshot } from './series-fold.ts'
import { decodeSnapshot, encodeForget, encodeSnapshot } from './snapshot-bytes.ts'
import type { FoldStates } from './symbol-folds.ts'

/** Where the file lies. */
export type FoldStateLogDeps = { readonly folder: string; readonly meter: Meter }

const compactWhen = 4

const nameOf = ({ symbol, timeframe }: SeriesKey): string => `${symbol}@${timeframe}`

/** Two snapshots of a boundary with the same signature hold the same states. */
const signatureOf = ({ rewrites, calendar = '', lanes }: Snapshot): string => `${rewrites} ${calendar} ${[...lanes.keys()].toSorted().join(' ')}`

/** What is known of the file's records of one series. */
type Known = { readonly key: SeriesKey; readonly signatures: Map<number, string>; snapshots: Map<number, Snapshot> }

/**
 * Snapshots of kernels on disk, checksummed, beside the journal of bars: a restart goes on from the states before the oldest bar that is kept, so that its values are those of a
 * process that never ended. Lost snapshots cost a new warm-up, nothing else, so the file is synced only when it is closed, and a write that fails ends the writing.
 */
export class FoldStateLog implements FoldStates {
  readonly #log: RecordLog
  readonly #failed: Gauge
  readonly #known = new Map<string, Known>()
  #healthy = true
  constructor({ folder, meter }: FoldStateLogDeps) {
    this.#failed = meter.gauge('feature_states_failed')
    this.#failed.set(0)
    this.#log = new RecordLog(join(folder, 'features.log'), (payload) => {
      const record = decodeSnapshot(payload)
      if ('forget' in record) drop(this.#of(record.key), record.forget)
      else remember(this.#of(record.key), record.snapshot)
    })
    this.#compact()
  }

  /** What opening the file found. */
  get recovery(): Recovery {
    return this.#log.recovery
  }

  /** Snapshots of an earlier life, by boundary; they are handed over once. */
  load(key: SeriesKey): readonly Snapshot[] {
    const known = this.#of(key)
    const loaded = [...known.snapshots.values()].toSorted((a, b) => a.boundary - b.boundary)
    known.snapshots = new Map()
    return loaded
  }

  keep(key: SeriesKey, snapshot: Snapshot): void {
    const { signatures } = this.#of(key)
    if (signatures.get(snapshot.boundary) === signatureOf(snapshot)) return
    signatures.set(snapshot.boundary, signatureOf(snapshot))
    this.#append(encodeSnapshot(key, snapshot))
  }

  forget(key: SeriesKey, boundary: number): void {
    drop(this.#of(key), boundary)
    this.#append(encodeForget(key, boundary))
  }

  close(): void {
    this.#log.close()
  }

  #of(key: SeriesKey): Known {
    const known = this.#known.get(nameOf(key)) ?? { key, signatures: new Map<number, string>(), snapshots: new Map<number, Snapshot>() }
    this.#known.set(nameOf(key), known)
    return known
  }

  #append(record: Uint8Array): void {
    if (!this.#healthy) return
    try {
      this.#log.append(record)
    } catch {
      this.#healthy = false
      this.#failed.set(1)
    }
  }

  #compact(): void {
    const kept = [...this.#known.values()].flatMap(({ key, snapshots }) => [...snapshots.values()].map((snapshot) => encodeSnapshot(key, snapshot)))
    if (this.#log.recovery.records > compactWhen * kept.length) this.#log.rewrite(kept)
  }
}

function remember({ snapshots, signatures }: Known, snapshot: Snapshot): void {
  snapshots.set(snapshot.boundary, snapshot)
  signatures.set(snapshot.boundary, signatureOf(snapshot))
}

function drop({ snapshots, signatures }: Known, before: number): void {
  for (const boundary of signatures.keys()) {
    if (boundary >= before) continue
    snapshots.delete(boundary)
    signatures.delete(boundary)
  }
}
