import type { FeatureReads, FeatureSet } from '../contracts/features.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { Registry } from '../registry/registry.ts'
import type { ModelRuntime } from '../runtimes/runtime.ts'
import { checkFeatureContract } from './feature-contract.ts'
import { type LoadedBundle, loadBundle } from './load-bundle.ts'
import type { Resident, VersionSlot } from './version-slot.ts'

/** What loading a slot needs. */
export type SlotLoaderDeps = {
  readonly runtimes: readonly ModelRuntime[]
  readonly registry: Pick<Registry, 'recordVerification' | 'record'>
  readonly features: Pick<FeatureReads, 'declare'>
  readonly clock: Clock
  readonly meter: Meter
  readonly allowUnverified: boolean
}

const failureRememberedMs = 5_000

/** Brings versions into memory: one load at a time for each, off the event loop, forgotten a while after it failed. */
export class SlotLoader {
  readonly #deps: SlotLoaderDeps
  constructor(deps: SlotLoaderDeps) {
    this.#deps = deps
  }

  /** The version in memory, proven on its golden rows. Throws what loading throws; the same error again for 5 s after a failure. */
  load(slot: VersionSlot): Promise<Resident> {
    if (slot.resident) return Promise.resolve(slot.resident)
    if (slot.failure && this.#deps.clock.monotonic() < slot.failure.until) return Promise.reject(slot.failure.error)
    slot.loading ??= this.#load(slot).finally(() => void (slot.loading = undefined))
    return slot.loading
  }

  async #load(slot: VersionSlot): Promise<Resident> {
    const { clock, meter } = this.#deps
    const started = clock.monotonic()
    const outcome = (result: string): void =>
      meter.counter('model_loads_total', 'Loads of model versions, by how they ended', { model: slot.name, result }).add()
    try {
      const features = checkFeatureContract(slot.file.manifest, this.#deps.features)
      const job = { dir: slot.file.dir, digest: slot.file.digest }
      const loaded = await loadBundle(job, this.#deps, { signal: new AbortController().signal, onPhase: (phase) => void (slot.state = phase) })
      await this.#remember(slot, loaded)
      slot.resident = this.#resident(slot, loaded, features)
      slot.state = 'ready'
      slot.failure = slot.reason = undefined
      outcome('loaded')
      meter.histogram('model_load_seconds', 'Time to load, verify and warm a model version', { model: slot.name }).observe((clock.monotonic() - started) / 1000)
      return slot.resident
    } catch (error) {
      slot.state = 'failed'
      slot.reason = error instanceof Error ? error.message : String(error)
      slot.failure = { error, until: clock.monotonic() + failureRememberedMs }
      outcome('failed')
      throw error
    }
  }

  async #remember(slot: VersionSlot, { golden }: LoadedBundle): Promise<void> {
    if (golden)
      await this.#deps.registry.recordVerification({
        digest: slot.file.digest,
        name: slot.name,
        version: slot.version,
        rows: golden.rows,
        max_abs_error: golden.maxAbsError,
      })
  }

  #resident(slot: VersionSlot, { runtime, golden }: LoadedBundle, features: FeatureSet): Resident {
    const ref = { name: slot.name, version: slot.version, digest: slot.file.digest }
    return { runtime, golden, served: { ref, manifest: slot.file.manifest, features, runtime, verified: golden !== undefined } }
  }
}
