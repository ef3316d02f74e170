import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Lease, ServedModel } from '../contracts/served-model.ts'
import type { GoldenResult } from './golden.ts'
import type { ManifestFile } from './read-manifest.ts'

/** The lifecycle of one version in this process. */
export type SlotState = 'empty' | 'loading' | 'verifying' | 'warming' | 'ready' | 'draining' | 'failed'

/** A version that is in memory. */
export type Resident = { readonly served: ServedModel; readonly runtime: LoadedModel; readonly golden: GoldenResult | undefined }

class SlotLease implements Lease {
  readonly model: ServedModel
  readonly label: string | undefined
  #slot: VersionSlot | undefined
  constructor(slot: VersionSlot, model: ServedModel, label: string | undefined) {
    this.#slot = slot
    this.model = model
    this.label = label
  }
  release(): void {
    this.#slot?.released()
    this.#slot = undefined
  }
  [Symbol.dispose](): void {
    this.release()
  }
}

/** One version: what is on disk, whether it is in memory, who uses it. */
export class VersionSlot {
  readonly name: string
  readonly version: string
  readonly file: ManifestFile
  state: SlotState = 'empty'
  /** Why it failed, for people. */
  reason: string | undefined
  /** Code of the failure, and on the monotonic clock until when it is not tried again. */
  failure: { readonly error: unknown; readonly until: number } | undefined
  resident: Resident | undefined
  loading: Promise<Resident> | undefined
  lastUsed = 0
  requests = 0
  /** False once its folder is gone; it serves on while it is in memory. */
  onDisk = true
  #leases = 0
  #idle: (() => void)[] = []
  constructor(file: ManifestFile) {
    this.file = file
    this.name = file.manifest.name
    this.version = file.manifest.version
  }

  get inUse(): boolean {
    return this.#leases > 0
  }

  /** A hold on the version, which must be in memory. */
  lease({ served }: Resident, label: string | undefined): Lease {
    this.#leases += 1
    this.requests += 1
    return new SlotLease(this, served, label)
  }
  released(): void {
    this.#leases -= 1
    if (this.#leases > 0 || this.#idle.length === 0) return
    for (const resume of this.#idle.splice(0)) resume()
  }

  /** Takes the version out of memory: at once for new requests, and for good when the last lease is back. */
  async drain(): Promise<void> {
    const { resident } = this
    if (!resident) return
    this.resident = undefined
    this.state = 'draining'
    if (this.inUse) await new Promise<void>((resume) => void this.#idle.push(resume))
    await resident.runtime.dispose()
    if (this.state === 'draining') this.state = 'empty'
  }
}
