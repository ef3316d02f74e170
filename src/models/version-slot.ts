import type { Lease, VersionRef } from '../contracts/served-model.ts'
import type { GoldenResult } from './golden.ts'
import type { LoadPhase } from './load-bundle.ts'
import type { LoadFailure } from './load-failure.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { Resident } from './resident.ts'

/** The lifecycle of one version in this process. */
export type SlotState = 'empty' | 'loading' | 'warming' | 'verifying' | 'ready' | 'draining' | 'failed'

/** A load under way: whoever asks meanwhile waits for `done`; `giveUp` ends it. `reservedBytes` are kept free for it; `isAsked` is true once someone waits for it, `isUrgent` once a request does. */
export type SlotLoad = {
  phase: LoadPhase
  reservedBytes: number
  isAsked: boolean
  isUrgent: boolean
  /** What the folder looked like before. */
  readonly print: string
  readonly giveUp: AbortController
  readonly done: Promise<Resident>
}

const servesOn = 'serves on from memory, but cannot be loaded again'

/** One version: what is on disk, whether it is in memory, what became of its loads. */
export class VersionSlot {
  readonly name: string
  readonly version: string
  readonly file: ManifestFile
  /** The stay in memory that new requests get. */
  resident: Resident | undefined
  loading: SlotLoad | undefined
  /** What became of the last load, if it failed; gone when one succeeds. */
  failure: LoadFailure | undefined
  /** True once these bytes were in memory: from then on the version is these bytes. */
  hasLoaded = false
  /** What its folder looked like when its files were last held to the manifest by a load that succeeded, or by a look at them since. */
  print: string | undefined
  /** Why it could not be loaded again, found out since its last load: it may still be in memory and serve on. */
  damage: string | undefined
  /** How they reproduced their golden rows in this process, whether or not the store could be told. */
  proof: GoldenResult | undefined
  /** What it took when it was brought into memory last. */
  lastBytes: number | undefined
  lastUsed = 0
  requests = 0
  /** False once its folder is gone or refused; it serves on while it is in memory. */
  onDisk = true
  /** Why its folder is not taken any more, or cannot be looked into, as of the last scan; undefined too where there is none. */
  refusal: string | undefined
  readonly #leaving = new Set<Resident>()
  constructor(file: ManifestFile) {
    this.file = file
    this.name = file.manifest.name
    this.version = file.manifest.version
  }

  /** True while its files are refused: no label follows it, whatever was proven of it before. */
  get isRefused(): boolean {
    return this.failure?.isRefusal ?? false
  }

  get state(): SlotState {
    if (this.loading) return this.loading.phase
    if (this.resident) return 'ready'
    if (this.failure) return 'failed'
    return this.#leaving.size > 0 ? 'draining' : 'empty'
  }
  /** Bytes that no eviction can free: of stays that have been told to leave and are still held, and what is reserved for the load under way. */
  get heldBytes(): number {
    return [...this.#leaving].reduce((sum, { inUse, runtime }) => sum + (inUse ? runtime.memoryBytes : 0), this.loading?.reservedBytes ?? 0)
  }

  /** What is wrong with the version, as operators are told: why it failed, why it answers nothing at the moment, or why it could not be loaded again. */
  get reason(): string | undefined {
    const { failure, refusal, damage, onDisk, resident } = this
    if (failure) return failure.reason
    if (resident?.runtime.trouble !== undefined) return resident.runtime.trouble
    const why = onDisk ? (refusal ?? damage) : (refusal ?? (resident && 'its folder is gone'))
    return why !== undefined && resident ? `${servesOn}: ${why}` : why
  }

  /** A hold on the version, which must be in memory. */
  lease(resident: Resident, label: string | undefined): Lease {
    this.requests += 1
    return resident.lease(label)
  }

  /** Takes the version out of memory, for new requests at once, and gives up the load under way; settles when the last lease is back and all memory is given back. */
  async drain(): Promise<void> {
    const { resident, loading } = this
    this.resident = this.loading = undefined
    if (resident) {
      this.lastBytes = resident.runtime.memoryBytes
      this.#leaving.add(resident)
    }
    loading?.giveUp.abort()
    const given = Promise.allSettled([loading?.done]) // whoever waits for the load is told how it ended
    await Promise.all([given, ...[...this.#leaving].map((each) => this.#leave(each))])
  }
  async #leave(resident: Resident): Promise<void> {
    try {
      await resident.leave()
    } finally {
      this.#leaving.delete(resident)
    }
  }
}

/** The identity of the version of a slot. */
export const refOf = ({ name, version, file }: VersionSlot): VersionRef => ({ name, version, digest: file.digest })
