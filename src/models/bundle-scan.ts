import { join, relative } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RefusedBundle } from '../contracts/models.ts'
import type { Clock } from '../contracts/ports.ts'
import { ChangedFiles, type ChangedFilesDeps, tellTrouble } from './changed-files.ts'
import { folderPrint } from './folder-print.ts'
import type { ModelIndex } from './model-index.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { PrepareProcess } from './prepare-process.ts'
import type { Resident } from './resident.ts'
import { ReadBundles, type Scan, scanFolder } from './scan-folder.ts'
import type { StoreRecords } from './store-records.ts'
import { VersionSlot } from './version-slot.ts'

/** What scanning needs; `load` insists, `log` hears of what operators should know. */
export type BundleScanDeps = ChangedFilesDeps & {
  readonly preparation: Pick<PrepareProcess, 'prepare' | 'read'>
  readonly dir: string
  readonly eager: readonly string[]
  readonly index: ModelIndex
  readonly records: StoreRecords
  readonly clock: Clock
  readonly load: (slot: VersionSlot) => Promise<Resident>
  readonly refresh: (name: string) => void
}

/** Where a version lies below the models folder. */
const folderOf = ({ name, version }: { readonly name: string; readonly version: string }): string => `${name}/${version}`

/** Folders by how they are called below the models folder, each with what is to be said of it. */
type Told = ReadonlyMap<string, string>

/** What a scan found of the versions that are known: folders of bundles, and those of which something is to be said. */
type Found = { readonly present: ReadonlySet<string>; readonly rejected: Told; readonly closed: Told }

/** The proofs under way for what a look at the folder found; undefined where it was not read. */
type Proofs = readonly Promise<void>[] | undefined

/** Settles when the proofs of a look have ended, and what came before them. */
async function endOf(found: Promise<Proofs>, before: readonly Promise<void>[]): Promise<void> {
  await Promise.all([...before, ...((await found) ?? [])])
}

/** Finds bundles in the models folder and has them proven in the background. */
export class BundleScan {
  readonly #deps: BundleScanDeps
  #rejected: Told = new Map()
  #found: Promise<Proofs> = Promise.resolve([])
  #checked: Promise<void> = Promise.resolve()
  #proven: Promise<void> = Promise.resolve()
  readonly #reads: ReadBundles
  readonly #changedFiles: ChangedFiles
  readonly #closing = new AbortController()
  constructor(deps: BundleScanDeps) {
    this.#deps = deps
    this.#changedFiles = new ChangedFiles(deps)
    this.#reads = new ReadBundles((unread) => deps.preparation.read(unread, { signal: this.#closing.signal }))
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }
  /** Folders that look like bundles and are not served, as of the last scan. */
  get refused(): readonly RefusedBundle[] {
    return [...this.#rejected].map(([folder, reason]) => ({ folder, reason }))
  }

  /** Reads the folder, tells when its bundles are known and their proofs under way; settles when all that is new, repaired or due again is proven or refused, by this look and those before. They follow each other, and wait for no proof. Never throws. */
  run(onFound: () => void = () => {}): Promise<void> {
    const found = (this.#found = this.#findAfter(this.#found, onFound))
    const checked = (this.#checked = this.#checkAfter(this.#checked, found))
    this.#proven = endOf(found, [this.#proven, checked])
    return this.#proven
  }
  async #findAfter(before: Promise<unknown>, onFound: () => void): Promise<Proofs> {
    await before
    return this.#find(onFound).catch(this.#tell)
  }
  async #checkAfter(before: Promise<void>, found: Promise<Proofs>): Promise<void> {
    await before
    if (await found) await this.#checkAgain().catch(this.#tell)
  }
  readonly #tell = (error: unknown): undefined => {
    this.#deps.log('warn', `the models folder was not read to its end: ${String(error)}`)
  }

  /** Proves nothing more; settles when the looks and proofs under way have ended. */
  close(): Promise<void> {
    this.#closing.abort()
    return this.#proven
  }

  async #find(onFound: () => void): Promise<Proofs> {
    const { dir, index, records, refresh, log } = this.#deps
    const scan = this.#isClosed ? undefined : await scanFolder(dir, this.#reads)
    if (this.#isClosed) return undefined
    if (!scan) {
      log('warn', `the models folder ${dir} cannot be read; what is in memory serves on`)
      return undefined
    }
    const told = (folders: Scan['rejected']) => new Map(folders.map(({ path, reason }) => [relative(dir, path), reason]))
    const [rejected, closed] = [told(scan.rejected), told(scan.closed)]
    const fresh = new Set<VersionSlot>()
    for (const file of scan.bundles) {
      const slot = await this.#meet(file, rejected)
      if (slot) fresh.add(slot)
    }
    const present = new Set(scan.bundles.map(({ manifest }) => folderOf(manifest)))
    this.#reject(new Map([...rejected, ...closed]))
    for (const slot of index.slots) this.#place(slot, { present, rejected, closed })
    for (const { name } of index.entries) refresh(name)
    for (const slot of index.slots) await records.remember(slot)
    // The newest first, so that `latest` goes to it at once and not by way of the older ones.
    const proofs = index.entries.map((entry) => this.#proveAll(entry.newestFirst(), fresh))
    onFound()
    return proofs
  }

  /** The slot of a bundle that is new: one that was never seen, or whose manifest was replaced before the version ever was these bytes. */
  async #meet(file: ManifestFile, rejected: Map<string, string>): Promise<VersionSlot | undefined> {
    const { index, records } = this.#deps
    const { name, version } = file.manifest
    const known = index.get(name)?.slots.get(version)
    if (known?.file.digest === file.digest) return undefined
    if (known && records.isFixed(known)) {
      rejected.set(folderOf(file.manifest), `${name} ${version} is known with other bytes; a version never changes, save it under a new one`)
      return undefined
    }
    const slot = new VersionSlot(file)
    index.add(slot)
    await known?.drain()
    return slot
  }

  /** Tells of folders that are newly refused; of those whose versions are in memory `#place` says more. */
  #reject(rejected: Told): void {
    const { dir, index, log } = this.#deps
    const served = new Set(index.slots.filter(({ resident }) => resident).flatMap((slot) => [folderOf(slot), slot.name]))
    for (const [folder, reason] of rejected)
      if (this.#rejected.get(folder) !== reason && !served.has(folder)) log('warn', `${join(dir, folder)} is not served: ${reason}`)
    this.#rejected = rejected
  }

  /** What became of the folder of a version that is known; in the folder of a model that cannot be looked into it is as it was. */
  #place(slot: VersionSlot, { present, rejected, closed }: Found): void {
    const { reason: told } = slot
    slot.onDisk = present.has(folderOf(slot)) || (slot.onDisk && closed.has(slot.name))
    slot.refusal = rejected.get(folderOf(slot)) ?? closed.get(slot.name)
    if (slot.resident && slot.reason !== told) tellTrouble(slot, this.#deps.log)
  }

  async #proveAll(slots: readonly VersionSlot[], fresh: ReadonlySet<VersionSlot>): Promise<void> {
    for (const slot of slots) if (!this.#isClosed && this.#needsProof(slot, fresh.has(slot))) await this.#prove(slot)
  }

  /** New versions that are unproven or wanted; old ones that never came to be, and those that failed when their files changed or their time has come. */
  #needsProof(slot: VersionSlot, isFresh: boolean): boolean {
    const { clock, records } = this.#deps
    if (!slot.onDisk || slot.resident || slot.loading) return false
    const { failure } = slot
    if (failure) return clock.monotonic() >= failure.until || folderPrint(slot.file.dir) !== failure.print
    return (!slot.hasLoaded && !records.isVerified(slot)) || (isFresh && this.#isWanted(slot))
  }

  /** Worth its memory before anyone asks: `stable`, and a `latest` that is eager or takes over from another. */
  #isWanted({ name, version }: VersionSlot): boolean {
    const { eager, index } = this.#deps
    const { labels, slots } = index.entry(name)
    return labels.get('stable') === version || (labels.get('latest') === version && (eager.includes(name) || slots.size > 1))
  }

  /** Versions whose files were changed since they were loaded; one that is damaged and not in memory fails now, and not when it is asked for. */
  async #checkAgain(): Promise<void> {
    for (const slot of this.#deps.index.slots.filter(({ onDisk, refusal }) => onDisk && refusal === undefined)) {
      await nextTurn()
      await this.#changedFiles.look(slot, this.#closing.signal)
      if (slot.damage !== undefined && !slot.resident) await this.#prove(slot)
    }
  }

  /** Loads a version once so that it is proven; it stays in memory if it is wanted, or someone asked for it meanwhile. */
  async #prove(slot: VersionSlot): Promise<void> {
    const before = slot.lastUsed
    try {
      await this.#deps.load(slot)
      if (!this.#isWanted(slot) && slot.lastUsed === before) await slot.drain()
    } catch (error) {
      if (!this.#isClosed) this.#deps.log('warn', `${slot.name} ${slot.version} is not served: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
