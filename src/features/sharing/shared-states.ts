import type { SeriesKey } from '../../contracts/bar.ts'
import type { Snapshot } from '../series-fold.ts'
import type { FoldStates } from '../symbol-folds.ts'

const nameOf = ({ symbol, timeframe }: SeriesKey): string => `${symbol}@${timeframe}`

/** Snapshots of this process at hand for publication, and those that came with a take-over; in front of the log on disk, if there is one. */
export class SharedStates implements FoldStates {
  readonly #log: FoldStates | undefined
  readonly #known = new Map<string, Map<number, Snapshot>>()
  readonly #takenOver = new Map<string, readonly Snapshot[]>()
  constructor(log?: FoldStates) {
    this.#log = log
  }

  /** Snapshots of a series that is taken over, for its next fold. */
  takeOver(key: SeriesKey, snapshots: readonly Snapshot[]): void {
    this.#known.delete(nameOf(key))
    this.#log?.forget(key, Infinity)
    this.#takenOver.set(nameOf(key), snapshots)
  }

  /** Every snapshot of a series, oldest first. */
  of(key: SeriesKey): readonly Snapshot[] {
    return [...this.#of(key).values()].toSorted((a, b) => a.boundary - b.boundary)
  }

  load(key: SeriesKey): readonly Snapshot[] {
    const given = this.#takenOver.get(nameOf(key))
    this.#takenOver.delete(nameOf(key))
    if (given) for (const snapshot of given) this.#log?.keep(key, snapshot)
    const snapshots = given ?? this.#log?.load(key) ?? []
    for (const snapshot of snapshots) this.#of(key).set(snapshot.boundary, snapshot)
    return snapshots
  }

  keep(key: SeriesKey, snapshot: Snapshot): void {
    this.#of(key).set(snapshot.boundary, snapshot)
    this.#log?.keep(key, snapshot)
  }

  forget(key: SeriesKey, boundary: number): void {
    const known = this.#of(key)
    for (const before of known.keys()) if (before < boundary) known.delete(before)
    this.#log?.forget(key, boundary)
  }

  #of(key: SeriesKey): Map<number, Snapshot> {
    const known = this.#known.get(nameOf(key)) ?? new Map<number, Snapshot>()
    this.#known.set(nameOf(key), known)
    return known
  }
}
