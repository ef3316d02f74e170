import { join } from 'node:path'
import type { SeriesKey } from '../contracts/bar.ts'
import type { Gauge, Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import { RecordLog, type Recovery } from '../market/record-log.ts'
import type { Snapshot } from './series-fold.ts'
import { decodeSnapshot, encodeForget, encodeSnapshot } from './snapshot-bytes.ts'
import type { FoldStates } from './symbol-folds.ts'

/** Where the file lies, and how it is opened. */
export type FoldStateLogDeps = {
  readonly folder: string
  readonly clock: Pick<Clock, 'monotonic'>
  readonly meter: Meter
  readonly openLog?: (...given: ConstructorParameters<typeof RecordLog>) => RecordLog
}

const compactWhen = 4
const tryAgainMs = 60_000

const nameOf = ({ symbol, timeframe }: SeriesKey): string => `${symbol}@${timeframe}`

/** Two snapshots of a boundary with the same signature hold the same states. */
const signatureOf = ({ rewrites, calendar = '', lanes }: Snapshot): string => `${rewrites} ${calendar} ${[...lanes.keys()].toSorted().join(' ')}`

/** What is known of the file's records of one series. */
type Known = { readonly key: SeriesKey; readonly signatures: Map<number, string>; snapshots: Map<number, Snapshot> }

/** What the file lacks of one series: snapshots by boundary, which its fold holds as well, and before which boundary none is needed any longer. */
type Unwritten = { readonly key: SeriesKey; readonly snapshots: Map<number, Snapshot>; forget?: number }

/**
 * Snapshots of kernels on disk, checksummed, beside the journal of bars: a restart goes on from the states before the oldest bar that is kept, so that its values are those of a
 * process that never ended. Lost snapshots cost a new warm-up, nothing else, so the file is synced only when it is closed. What the disk refuses stays in memory, and is tried again with what comes a minute later or after it, and
 * when the file is closed.
 */
export class FoldStateLog implements FoldStates {
  readonly #log: RecordLog
  readonly #failed: Gauge
  readonly #clock: FoldStateLogDeps['clock']
  readonly #known = new Map<string, Known>()
  readonly #unwritten = new Map<string, Unwritten>()
  #tryAgainAt: number | undefined
  constructor({ folder, clock, meter, openLog = (...given) => new RecordLog(...given) }: FoldStateLogDeps) {
    this.#clock = clock
    this.#failed = meter.gauge('feature_states_failed')
    this.#failed.set(0)
    this.#log = openLog(join(folder, 'features.log'), (payload) => {
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
    this.#lacking(key).snapshots.set(snapshot.boundary, snapshot)
    this.#write()
  }

  forget(key: SeriesKey, boundary: number): void {
    drop(this.#of(key), boundary)
    const lacking = this.#lacking(key)
    lacking.forget = boundary
    for (const older of lacking.snapshots.keys()) if (older < boundary) lacking.snapshots.delete(older)
    this.#write()
  }

  close(): void {
    if (this.#tryAgainAt !== undefined) this.#writeAll()
    this.#log.close()
  }

  #of(key: SeriesKey): Known {
    const known = this.#known.get(nameOf(key)) ?? { key, signatures: new Map<number, string>(), snapshots: new Map<number, Snapshot>() }
    this.#known.set(nameOf(key), known)
    return known
  }

  #lacking(key: SeriesKey): Unwritten {
    const lacking = this.#unwritten.get(nameOf(key)) ?? { key, snapshots: new Map<number, Snapshot>() }
    this.#unwritten.set(nameOf(key), lacking)
    return lacking
  }

  #write(): void {
    const now = this.#clock.monotonic()
    if (now >= (this.#tryAgainAt ?? now)) this.#writeAll()
  }

  #writeAll(): void {
    try {
      for (const [name, lacking] of this.#unwritten) {
        this.#log.append(...recordsOf(lacking))
        this.#unwritten.delete(name)
      }
    } catch {
      this.#tryAgainAt = this.#clock.monotonic() + tryAgainMs
      return this.#failed.set(1)
    }
    if (this.#tryAgainAt === undefined) return
    this.#tryAgainAt = undefined
    this.#failed.set(0)
  }

  /** A disk that does not take a shorter file leaves it as it is. */
  #compact(): void {
    const kept = [...this.#known.values()].flatMap(({ key, snapshots }) => [...snapshots.values()].map((snapshot) => encodeSnapshot(key, snapshot)))
    if (this.#log.recovery.records > compactWhen * kept.length) this.#log.rewrite(kept)
  }
}

const recordsOf = ({ key, forget, snapshots }: Unwritten): Uint8Array[] => [
  ...(forget === undefined ? [] : [encodeForget(key, forget)]),
  ...[...snapshots.values()].map((snapshot) => encodeSnapshot(key, snapshot)),
]

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
