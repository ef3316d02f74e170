import { availableParallelism } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ServingError } from '../contracts/error.ts'
import type { FeatureReads, FeatureSet } from '../contracts/features.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock } from '../contracts/ports.ts'
import type { Registry } from '../registry/registry.ts'
import type { ModelRuntime } from '../runtimes/runtime.ts'
import { expectedMemory } from './expected-memory.ts'
import { checkFeatureContract } from './feature-contract.ts'
import { folderPrint } from './folder-print.ts'
import { type LoadedBundle, loadBundle } from './load-bundle.ts'
import { loadFailure } from './load-failure.ts'
import { LoadTurns } from './load-turns.ts'
import type { PrepareProcess } from './prepare-process.ts'
import { Resident } from './resident.ts'
import { refOf, type SlotLoad, type VersionSlot } from './version-slot.ts'

/** What loading a slot needs. */
export type SlotLoaderDeps = {
  readonly runtimes: readonly ModelRuntime[]
  readonly registry: Pick<Registry, 'digestOf'>
  readonly features: Pick<FeatureReads, 'declare' | 'prove'>
  readonly clock: Clock
  readonly meter: Meter
  readonly preparation: Pick<PrepareProcess, 'prepare'>
  readonly allowUnverified: boolean
  /** The versions that must leave so that this one fits. Throws `model_memory_exceeded`. */
  readonly room: (slot: VersionSlot, bytes: number) => readonly VersionSlot[]
  /** True if there is room for it once nothing else is in use or loading. */
  readonly wouldFit: (slot: VersionSlot, bytes: number) => boolean
  /** Told when a version came into memory or failed to, before anyone who waits for it; what must leave is still there. */
  readonly changed: (slot: VersionSlot) => void
  /** Told last of all, when a version came into memory; its load ends when this does. Never throws. */
  readonly remember: (slot: VersionSlot) => Promise<void>
  readonly log: (level: 'info' | 'warn', message: string) => void
}

/** How a load is wanted: also where one failed just now, by someone who waits for it, and by a request, which waits for no more than seconds. */
export type LoadWish = { readonly insist: boolean; readonly isAsked: boolean; readonly isUrgent: boolean }

/** How long a load waits for memory that is in use by others. */
const longestWaitMs = 10_000
// One that hangs leaves turns to others, and few are started beside each other where there are few processors.
const loadsAtOnce = Math.max(4, availableParallelism())

/** Brings versions into memory: one load at a time for each and few at a time in all, off the event loop, left alone for a while after it failed. */
export class SlotLoader {
  readonly #deps: SlotLoaderDeps
  readonly #turns = new LoadTurns(loadsAtOnce)
  readonly #underWay = new Set<Promise<Resident>>()
  #isClosed = false
  #freed = Promise.withResolvers<void>()
  constructor(deps: SlotLoaderDeps) {
    this.#deps = deps
  }

  /** The version in memory, proven on its golden rows. Throws what loading throws, and the same again while a failure is remembered, unless the caller insists. */
  load(slot: VersionSlot, { insist, isAsked, isUrgent }: LoadWish): Promise<Resident> {
    if (slot.resident) return Promise.resolve(slot.resident)
    if (this.#isClosed) return Promise.reject(new ServingError('draining', 'The server is shutting down and loads nothing any more'))
    if (slot.loading) {
      slot.loading.isAsked ||= isAsked
      slot.loading.isUrgent ||= isUrgent
      return slot.loading.done
    }
    if (!insist && slot.failure && this.#deps.clock.monotonic() < slot.failure.until) return Promise.reject(slot.failure.error)
    const { promise, resolve, reject } = Promise.withResolvers<Resident>()
    const load: SlotLoad = {
      phase: 'loading',
      reservedBytes: 0,
      isAsked,
      isUrgent,
      print: folderPrint(slot.file.dir),
      giveUp: new AbortController(),
      done: promise,
    }
    slot.loading = load
    this.#load(slot, load)
      .finally(() => this.#underWay.delete(promise))
      .then(resolve, reject)
    this.#underWay.add(promise)
    return promise
  }

  /** From now on nothing is loaded; the loads under way are their slots' to give up. Settles when they have ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#underWay)
  }

  async #load(slot: VersionSlot, load: SlotLoad): Promise<Resident> {
    const { clock, changed } = this.#deps
    try {
      return await this.#inTurn(slot, load)
    } catch (cause) {
      if (load.giveUp.signal.aborted) {
        this.#count(slot, 'given_up')
        throw new ServingError('model_unavailable', `${slot.name} ${slot.version} was unloaded or replaced while it was loading`, { cause })
      }
      slot.loading = slot.damage = undefined
      slot.failure = loadFailure(cause, slot.failure, { print: load.print, now: clock.monotonic() })
      this.#count(slot, 'failed')
      changed(slot)
      throw cause
    }
  }

  #count({ name }: VersionSlot, result: 'loaded' | 'given_up' | 'failed'): void {
    this.#deps.meter.counter('model_loads_total', { model: name, result }).add()
  }

  async #inTurn(slot: VersionSlot, load: SlotLoad): Promise<Resident> {
    const { clock, meter } = this.#deps
    const release = await this.#turns.take(load)
    const started = clock.monotonic()
    try {
      const resident = await this.#bring(slot, load)
      this.#count(slot, 'loaded')
      meter.histogram('model_load_seconds', { model: slot.name }).observe((clock.monotonic() - started) / 1000)
      return resident
    } finally {
      release()
      this.#tellFreed()
    }
  }

  async #bring(slot: VersionSlot, load: SlotLoad): Promise<Resident> {
    this.#checkIdentity(slot)
    const features = await checkFeatureContract(slot.file, this.#deps.features)
    await this.#reserve(slot, load)
    await nextTurn() // what came before may have taken much of this one
    const loaded = await loadBundle(slot.file, this.#deps, {
      signal: load.giveUp.signal,
      isUrgent: () => load.isUrgent,
      onPhase: (phase) => void (load.phase = phase),
    })
    slot.lastBytes = loaded.runtime.memoryBytes // also where it turns out not to fit: it is not brought again for a guess
    const leaving = await this.#admit(slot, load, loaded)
    // Nothing awaits from the decision to here and to the end of `changed`: memory, labels and the version agree at every moment.
    const resident = makeResident(slot, { ...loaded, features, onIdle: () => this.#tellFreed() })
    slot.resident = resident
    slot.loading = slot.failure = slot.damage = undefined
    slot.hasLoaded = true
    slot.print = load.print
    slot.proof = loaded.golden
    this.#deps.changed(slot)
    await Promise.all(leaving.map((each) => this.#evict(each, slot)))
    await this.#deps.remember(slot)
    return resident
  }

  /** Keeps free what it is expected to take. What must leave for that has left when this settles, but for versions of the same model, which answer until it has come. */
  async #reserve(slot: VersionSlot, load: SlotLoad): Promise<void> {
    const bytes = slot.lastBytes ?? expectedMemory(slot.file)
    const leaving = await this.#roomInTime(slot, load, bytes)
    await Promise.all(leaving.filter(({ name }) => name !== slot.name).map((each) => this.#evict(each, slot)))
  }

  /** Reserves so many bytes and answers what must leave for them; waits while all that is in the way is in use or on its way. */
  async #roomInTime(slot: VersionSlot, load: SlotLoad, bytes: number): Promise<readonly VersionSlot[]> {
    const { room, wouldFit } = this.#deps
    const late = AbortSignal.any([load.giveUp.signal, AbortSignal.timeout(longestWaitMs)])
    const isLate = new Promise((resolve) => late.addEventListener('abort', resolve, { once: true }))
    for (;;)
      try {
        const leaving = room(slot, bytes)
        load.reservedBytes = bytes // at once: others that wait look next
        return leaving
      } catch (error) {
        if (late.aborted || !wouldFit(slot, bytes)) throw error
        await Promise.race([this.#freed.promise, isLate])
      }
  }
  #tellFreed(): void {
    this.#freed.resolve()
    this.#freed = Promise.withResolvers()
  }

  /** Decides what leaves for it, now that it is known how much it takes; a load that was given up meanwhile, or finds no room, leaves nothing behind. */
  async #admit(slot: VersionSlot, { giveUp }: SlotLoad, { runtime }: LoadedBundle): Promise<readonly VersionSlot[]> {
    try {
      giveUp.signal.throwIfAborted()
      return this.#deps.room(slot, runtime.memoryBytes)
    } catch (error) {
      await runtime.dispose()
      throw error
    }
  }

  async #evict(slot: VersionSlot, newcomer: VersionSlot): Promise<void> {
    this.#deps.log('info', `${slot.name} ${slot.version} leaves its memory to ${newcomer.name} ${newcomer.version}; it is loaded again when it is asked for`)
    try {
      await slot.drain()
    } catch (error) {
      this.#deps.log('warn', `${slot.name} ${slot.version} did not give its memory back: ${String(error)}`)
    }
  }

  #checkIdentity({ name, version, file }: VersionSlot): void {
    const known = this.#deps.registry.digestOf({ name, version })
    if (known === undefined || known === file.digest) return
    throw new ServingError(
      'version_conflict',
      `${name} ${version} is known with other bytes (${known.slice(0, 12)}…, the folder has ${file.digest.slice(0, 12)}…): a version never changes, save it under a new one`,
    )
  }
}

type Arrived = LoadedBundle & { readonly features: FeatureSet; readonly onIdle: () => void }

function makeResident(slot: VersionSlot, { runtime, golden, features, onIdle }: Arrived): Resident {
  return new Resident({ ref: refOf(slot), manifest: slot.file.manifest, features, runtime }, golden, onIdle)
}
