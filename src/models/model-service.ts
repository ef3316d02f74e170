import { ServingError } from '../contracts/error.ts'
import { attemptDeadline } from '../contracts/fallback.ts'
import type { HealthCheck } from '../contracts/health.ts'
import type { RefusedBundle } from '../contracts/models.ts'
import { type Clock, type Deadline, msUntil } from '../contracts/ports.ts'
import type { KnownVersion, Lease, ModelAccess } from '../contracts/served-model.ts'
import type { Registry } from '../registry/registry.ts'
import { BundleScan } from './bundle-scan.ts'
import { LabelKeeper } from './label-keeper.ts'
import { asUnavailable } from './load-failure.ts'
import { type Budget, roomFor, wouldFit } from './memory-budget.ts'
import type { ModelEntry } from './model-entry.ts'
import { type Found, ModelIndex } from './model-index.ts'
import type { PrepareProcess } from './prepare-process.ts'
import type { Resident } from './resident.ts'
import { SlotLoader, type SlotLoaderDeps } from './slot-loader.ts'
import { StoreRecords } from './store-records.ts'
import { refOf, type VersionSlot } from './version-slot.ts'

/** What the operator decides about models. */
export type ModelSettings = {
  readonly dir: string
  readonly eager: readonly string[]
  readonly memoryBudgetMb: number
  readonly keepPreviousMs: number
  readonly allowUnverified: boolean
}
/** What the service needs; `log` hears of what operators should know. */
export type ModelServiceDeps = Pick<SlotLoaderDeps, 'runtimes' | 'features' | 'meter'> & {
  readonly registry: Registry
  readonly clock: Clock
  readonly preparation: PrepareProcess
  readonly settings: ModelSettings
  readonly log: (level: 'info' | 'warn', message: string) => void
}

/** Finds bundles, proves them, keeps what is needed in memory, and hands out leases. */
export class ModelService implements ModelAccess {
  /** What the metadata store is told. */
  readonly records: StoreRecords
  readonly #clock: Clock
  readonly #index = new ModelIndex()
  readonly #preparation: PrepareProcess
  readonly #labels: LabelKeeper
  readonly #loader: SlotLoader
  readonly #scan: BundleScan
  #uses = 0
  constructor(deps: ModelServiceDeps) {
    const { clock, settings } = deps
    const index = this.#index
    const records = new StoreRecords(deps)
    const labels = new LabelKeeper({ ...deps, index, records, keepPreviousMs: settings.keepPreviousMs })
    const budgetFor = (slot: VersionSlot): Budget => ({ megabytes: settings.memoryBudgetMb, isKept: (other) => labels.isKept(other, slot) })
    this.#clock = clock
    this.#preparation = deps.preparation
    this.records = records
    this.#labels = labels
    this.#loader = new SlotLoader({
      ...deps,
      allowUnverified: settings.allowUnverified,
      room: (slot, bytes) => roomFor({ slot, bytes }, index.slots, budgetFor(slot)),
      wouldFit: (slot, bytes) => wouldFit({ slot, bytes }, index.slots, budgetFor(slot)),
      changed: ({ name }) => labels.refresh(name),
      remember: (slot) => records.remember(slot),
    })
    const load = (slot: VersionSlot): Promise<Resident> => this.#loader.load(slot, { insist: true, isAsked: false, isUrgent: false })
    this.#scan = new BundleScan({ ...deps, ...settings, index, records, load, refresh: (name) => labels.refresh(name) })
  }

  acquire(name: string, selector: string, deadline: Deadline): Lease | Promise<Lease> {
    const { slot, label } = this.#index.find(name, selector)
    slot.lastUsed = this.#uses += 1
    if (slot.resident) return slot.lease(slot.resident, label)
    return this.#acquireLater(slot, label, deadline)
  }

  async #acquireLater(slot: VersionSlot, label: string | undefined, deadline: Deadline): Promise<Lease> {
    const { at, signal } = slot.file.manifest.fallback ? attemptDeadline(deadline, this.#clock.monotonic()) : deadline
    const late = Promise.withResolvers<never>()
    const give = (): void =>
      late.reject(new ServingError('model_loading', `${slot.name} ${slot.version} is still loading; try again shortly`, { retryAfterMs: 500 }))
    const timer = setTimeout(give, msUntil(at, this.#clock))
    signal.addEventListener('abort', give, { once: true })
    try {
      for (;;) {
        const resident = await Promise.race([this.#loader.load(slot, { insist: false, isAsked: true, isUrgent: true }), late.promise])
        // It may have been evicted or unloaded since it came.
        if (slot.resident === resident) return slot.lease(resident, label)
      }
    } catch (error) {
      throw asUnavailable(error, slot, this.#clock.monotonic())
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', give)
    }
  }

  known(name: string, selector: string): KnownVersion | undefined {
    const found = this.#index.get(name)?.find(selector)
    return found && { ref: refOf(found.slot), manifest: found.slot.file.manifest, label: found.label }
  }
  admits(name: string, symbol: string): boolean {
    return this.entry(name).admits(symbol)
  }
  namesFor(symbol: string): readonly string[] {
    return this.#index.entries.filter((entry) => entry.admits(symbol)).map(({ name }) => name)
  }

  /** Every model, by name. */
  get entries(): ModelEntry[] {
    return this.#index.entries
  }
  /** Throws `model_not_found` with the names that are nearest. */
  entry(name: string): ModelEntry {
    return this.#index.entry(name)
  }
  /** The slot behind a version or label. Throws `model_not_found`, `version_not_found`. */
  find(name: string, selector: string): Found {
    return this.#index.find(name, selector)
  }
  isVerified(slot: VersionSlot): boolean {
    return this.records.isVerified(slot)
  }

  /** Brings a version into memory, also one that failed just now; that counts as a use of it, so no proof under way takes it out again. Throws what loading throws with its precise code, and `model_memory_exceeded`. */
  load(slot: VersionSlot): Promise<Resident> {
    slot.lastUsed = this.#uses += 1
    return this.#loader.load(slot, { insist: true, isAsked: true, isUrgent: false })
  }
  /** Moves of labels follow each other, those that new versions make included. Settles as the move does. */
  inTurn<Result>(move: () => Promise<Result>): Promise<Result> {
    return this.#labels.inTurn(move)
  }
  /** Resolves the labels of a model after the registry was told of a move. */
  moved(name: string): void {
    this.#labels.moved(name)
  }

  /** Reads the folder again: new bundles are proven in the background and serve when they are; tells when they are known, settles when they are proven. Scans follow each other. */
  scan(onFound?: () => void): Promise<void> {
    return this.#scan.run(onFound)
  }

  /** Folders that look like bundles and are not served, as of the last scan. */
  get refused(): readonly RefusedBundle[] {
    return this.#scan.refused
  }

  /** How the models are, for /health. */
  health(): HealthCheck {
    const { slots } = this.#index
    const loaded = slots.filter(({ resident }) => resident !== undefined)
    const troubles = [
      { count: slots.filter(({ failure }) => failure !== undefined).length + this.#scan.refused.length, what: 'refused' },
      { count: slots.filter(({ onDisk, damage }) => onDisk && damage !== undefined).length, what: 'with damaged files' },
      { count: loaded.filter(({ resident }) => resident?.runtime.trouble !== undefined).length, what: 'without a running process' },
      { count: loaded.filter(({ onDisk, refusal }) => !onDisk && refusal === undefined).length, what: 'whose folder is gone' },
    ].filter(({ count }) => count > 0)
    const detail = [`${loaded.length} of ${slots.length} versions loaded`, ...troubles.map(({ count, what }) => `${count} ${what}`)].join(', ')
    return { status: troubles.length > 0 ? 'degraded' : 'healthy', detail }
  }

  /** Takes everything out of memory, and whatever the loads under way bring; ends inference processes. Nothing is loaded afterwards. */
  async close(): Promise<void> {
    const ended = [this.#loader.close(), this.#scan.close()]
    await Promise.all(this.#index.slots.map((slot) => slot.drain()))
    await Promise.all(ended)
    this.#preparation.rest()
    await this.records.settled()
  }
}
