import { ServingError } from '../contracts/error.ts'
import type { HealthCheck } from '../contracts/health.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'
import type { Lease, ModelAccess } from '../contracts/served-model.ts'
import type { Registry } from '../registry/registry.ts'
import { nearestNames } from '../contracts/nearest-names.ts'
import { ModelEntry } from './model-entry.ts'
import { chooseEvictions } from './residency.ts'
import { scanFolder } from './scan-folder.ts'
import { compareVersions } from './semver.ts'
import { SlotLoader, type SlotLoaderDeps } from './slot-loader.ts'
import { type Resident, VersionSlot } from './version-slot.ts'

/** What the operator decides about models. */
export type ModelSettings = {
  readonly dir: string
  readonly eager: readonly string[]
  readonly memoryBudgetMb: number
  readonly keepPreviousMs: number
  readonly allowUnverified: boolean
}
/** What the service needs; `log` hears of what operators should know. */
export type ModelServiceDeps = Omit<SlotLoaderDeps, 'registry' | 'allowUnverified'> & {
  readonly registry: Registry
  readonly clock: Clock
  readonly settings: ModelSettings
  readonly log: (level: 'info' | 'warn', message: string) => void
}

/** Finds bundles, proves them, keeps what is needed in memory, and hands out leases. */
export class ModelService implements ModelAccess {
  readonly #deps: ModelServiceDeps
  readonly #loader: SlotLoader
  readonly #entries = new Map<string, ModelEntry>()
  readonly #rejected = new Map<string, string>()
  readonly #warmUntil = new Map<VersionSlot, number>()
  #uses = 0
  #scanning: Promise<void> = Promise.resolve()
  constructor(deps: ModelServiceDeps) {
    this.#deps = deps
    this.#loader = new SlotLoader({ ...deps, allowUnverified: deps.settings.allowUnverified })
  }

  acquire(name: string, selector: string, deadline: Deadline): Lease | Promise<Lease> {
    const { slot, label } = this.find(name, selector)
    slot.lastUsed = this.#uses += 1
    if (slot.resident) return slot.lease(slot.resident, label)
    return this.#acquireLater(slot, label, deadline)
  }

  async #acquireLater(slot: VersionSlot, label: string | undefined, { at, signal }: Deadline): Promise<Lease> {
    const late = Promise.withResolvers<never>()
    const give = (): void =>
      late.reject(new ServingError('model_loading', `${slot.name} ${slot.version} is still loading; try again shortly`, { retryAfterMs: 500 }))
    const timer = setTimeout(give, Math.max(0, at - this.#deps.clock.monotonic()))
    signal.addEventListener('abort', give, { once: true })
    try {
      return slot.lease(await Promise.race([this.load(slot), late.promise]), label)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', give)
    }
  }

  admits(name: string, symbol: string): boolean {
    return this.entry(name).admits(symbol)
  }
  namesFor(symbol: string): readonly string[] {
    return [...this.#entries.values()].filter((entry) => entry.admits(symbol)).map(({ name }) => name)
  }

  /** Every model, by name. */
  get entries(): ModelEntry[] {
    return [...this.#entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }
  /** Throws `model_not_found` with the names that are nearest. */
  entry(name: string): ModelEntry {
    const entry = this.#entries.get(name)
    if (entry) return entry
    const near = nearestNames(name, [...this.#entries.keys()])
    throw new ServingError(
      'model_not_found',
      `There is no model ${name}${near.length > 0 ? `; did you mean ${near.join(', ')}?` : '; GET /models lists what there is'}`,
    )
  }
  /** The slot behind a version or label. Throws `model_not_found`, `version_not_found`. */
  find(name: string, selector: string): { readonly slot: VersionSlot; readonly label: string | undefined } {
    const entry = this.entry(name)
    const found = entry.find(selector)
    if (found) return found
    const known = [...entry.labels.keys(), ...entry.newestFirst().map(({ version }) => version)]
    throw new ServingError('version_not_found', `${name} has no version or label ${selector}; it has ${known.slice(0, 10).join(', ')}`)
  }
  isVerified(slot: VersionSlot): boolean {
    return this.#deps.registry.verification(slot.file.digest) !== undefined
  }

  /** Brings a version into memory and makes room for it. Throws what loading throws, and `model_memory_exceeded`. */
  async load(slot: VersionSlot): Promise<Resident> {
    const resident = await this.#loader.load(slot)
    this.refresh(slot.name)
    if (await this.#makeRoom(slot)) return resident
    await slot.drain()
    throw new ServingError(
      'model_memory_exceeded',
      `${slot.name} ${slot.version} does not fit models.memoryBudgetMb (${this.#deps.settings.memoryBudgetMb}) beside the versions in use; unload one or raise it`,
    )
  }

  /** Resolves the labels of a model again; the version that was `latest` becomes `previous` and stays warm for a while. */
  refresh(name: string): void {
    const entry = this.entry(name)
    const { before, after } = entry.resolve(this.#deps.registry.labels(name), this.#verified)
    if (before === after || after === undefined) return
    this.#deps.log('info', `${name} latest is ${after}${before === undefined ? '' : ` (was ${before})`}`)
    const old = before === undefined ? undefined : entry.slots.get(before)
    if (!old || !this.isVerified(old)) return
    this.#warmUntil.set(old, this.#deps.clock.monotonic() + this.#deps.settings.keepPreviousMs)
    const event = { name, version: after, event: 'latest', detail: `from ${before}`, keyId: 'server' }
    this.#deps.registry.moveLabels(name, { previous: { version: old.version, pinned: false } }, event).then(
      () => entry.resolve(this.#deps.registry.labels(name), this.#verified),
      (error: unknown) => this.#deps.log('warn', `the change of ${name} could not be recorded: ${String(error)}`),
    )
  }
  readonly #verified = (digest: string): boolean => this.#deps.registry.verification(digest) !== undefined

  /** Reads the folder again: new bundles are proven in the background and serve when they are; settles when that is done. Scans follow each other. */
  scan(): Promise<void> {
    this.#scanning = this.#scanning.then(() => this.#scan())
    return this.#scanning
  }

  async #scan(): Promise<void> {
    const scan = scanFolder(this.#deps.settings.dir)
    if (!scan) return this.#deps.log('warn', `the models folder ${this.#deps.settings.dir} cannot be read; what is in memory serves on`)
    const fresh = scan.bundles.map((file) => this.#find(file)).filter((slot) => slot !== undefined)
    const present = new Set(scan.bundles.map(({ manifest }) => `${manifest.name}/${manifest.version}`))
    for (const entry of this.#entries.values()) for (const slot of entry.slots.values()) slot.onDisk = present.has(`${slot.name}/${slot.version}`)
    for (const { path, reason } of scan.rejected) this.#reject(path, reason)
    for (const { name } of this.entries) this.refresh(name)
    await Promise.all(this.entries.map((entry) => this.#proveAll(fresh.filter((slot) => slot.name === entry.name))))
  }

  /** The newest first, so that `latest` goes to it at once and not by way of the older ones. */
  async #proveAll(slots: readonly VersionSlot[]): Promise<void> {
    for (const slot of slots.toSorted((a, b) => compareVersions(b.version, a.version))) await this.#prove(slot)
  }

  #find(file: VersionSlot['file']): VersionSlot | undefined {
    const { name, version } = file.manifest
    const entry = this.#entries.get(name) ?? new ModelEntry(name)
    this.#entries.set(name, entry)
    const known = entry.slots.get(version)
    if (!known) {
      const slot = new VersionSlot(file)
      entry.add(slot)
      return slot
    }
    if (known.file.digest !== file.digest)
      this.#reject(file.dir, `${name} ${version} is known with other bytes; a version never changes, save it under a new one`)
    return undefined
  }

  #reject(path: string, reason: string): void {
    if (this.#rejected.get(path) === reason) return
    this.#rejected.set(path, reason)
    this.#deps.log('warn', `${path} is not served: ${reason}`)
  }

  /** A new bundle is loaded once so that it is proven; it stays in memory if a label points to it or its model is eager. */
  async #prove(slot: VersionSlot): Promise<void> {
    const { eager } = this.#deps.settings
    const entry = this.entry(slot.name)
    const isWanted = (): boolean =>
      entry.labels.get('stable') === slot.version || (entry.labels.get('latest') === slot.version && (eager.includes(slot.name) || entry.slots.size > 1))
    if (this.isVerified(slot) && !isWanted()) return
    try {
      await this.load(slot)
      if (!isWanted()) await slot.drain()
    } catch (error) {
      this.refresh(slot.name)
      this.#deps.log('warn', `${slot.name} ${slot.version} is not served: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #makeRoom(newcomer: VersionSlot): Promise<boolean> {
    const now = this.#deps.clock.monotonic()
    const slots = this.entries.flatMap((entry) => [...entry.slots.values()]).filter(({ resident }) => resident !== undefined)
    const choices = slots.map((slot) => ({
      of: slot,
      bytes: slot.resident?.runtime.memoryBytes ?? 0,
      lastUsed: slot.lastUsed,
      isProtected: slot === newcomer || slot.inUse || (this.#warmUntil.get(slot) ?? 0) > now || this.entry(slot.name).labels.get('stable') === slot.version,
    }))
    const { evict, fits } = chooseEvictions(choices, this.#deps.settings.memoryBudgetMb * 2 ** 20)
    for (const slot of evict) await slot.drain()
    return fits
  }

  /** How the models are, for /health. */
  health(): HealthCheck {
    const slots = this.entries.flatMap((entry) => [...entry.slots.values()])
    const failed = slots.filter(({ state }) => state === 'failed').length + this.#rejected.size
    const loaded = slots.filter(({ resident }) => resident !== undefined).length
    const detail = `${loaded} of ${slots.length} versions loaded${failed > 0 ? `, ${failed} refused` : ''}`
    return { status: failed > 0 ? 'degraded' : 'healthy', detail }
  }

  /** Takes everything out of memory; ends inference processes. */
  async close(): Promise<void> {
    await this.#scanning
    await Promise.all(this.entries.flatMap((entry) => [...entry.slots.values()].map((slot) => slot.drain())))
  }
}
