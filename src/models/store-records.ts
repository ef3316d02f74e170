import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HealthCheck } from '../contracts/health.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Registry } from '../registry/registry.ts'
import type { VersionSlot } from './version-slot.ts'

/** What records need; `log` hears of what operators should know. */
export type StoreRecordsDeps = {
  readonly registry: Pick<Registry, 'digestOf' | 'fixVersion' | 'verification' | 'recordVerification'>
  readonly meter: Meter
  readonly log: (level: 'info' | 'warn', message: string) => void
}

/** What the metadata store is told of versions. Serving never depends on it: a store that refuses is logged and counted, and told again when `remember` is called again. */
export class StoreRecords {
  readonly #deps: StoreRecordsDeps
  readonly #underWay = new Set<Promise<unknown>>()
  /** What it refused the last time that it was told of it, and why. */
  readonly #refused = new Map<string, string>()
  constructor(deps: StoreRecordsDeps) {
    this.#deps = deps
  }

  /** Golden rows reproduced, now or once before; also true while the store could not yet be told. */
  isVerified({ proof, file }: VersionSlot): boolean {
    return proof !== undefined || this.#deps.registry.verification(file.digest) !== undefined
  }
  /** The version is these bytes for good: they were in memory, now or once before. */
  isFixed(slot: VersionSlot): boolean {
    return slot.hasLoaded || this.#deps.registry.digestOf(slot) === slot.file.digest
  }

  /** Tells the store what it does not know yet of a version that was in memory. Never throws. */
  async remember(slot: VersionSlot): Promise<void> {
    const { registry } = this.#deps
    const { name, version, file, proof } = slot
    const { digest } = file
    if (!slot.hasLoaded) return
    if (registry.digestOf(slot) === undefined) await this.attempt('identity', () => registry.fixVersion({ name, version, digest }))
    if (!proof || registry.verification(digest)) return
    const verification = { digest, name, version, rows: proof.rows, max_abs_error: proof.maxAbsError }
    await this.attempt('verification', () => registry.recordVerification(verification))
  }

  /** Tells the store, or reads from it, in a turn of its own: SQLite takes this thread for a part of a millisecond. What it answers, undefined when it refuses. Never throws. */
  async attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const answer = nextTurn().then(work)
    this.#underWay.add(answer)
    try {
      const told = await answer
      this.#refused.delete(what)
      return told
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#refused.set(what, why)
      this.#deps.meter.counter('model_store_failures_total', { what }).add()
      this.#deps.log('warn', `the metadata store refused (${what}): ${why}; serving goes on without it`)
      return undefined
    } finally {
      this.#underWay.delete(answer)
    }
  }

  /** How the store is, for /health: degraded while the last thing of a kind that it was told was refused. */
  health(): HealthCheck {
    if (this.#refused.size === 0) return { status: 'healthy', detail: 'SQLite' }
    return { status: 'degraded', detail: `SQLite refused ${[...this.#refused].map(([what, why]) => `${what} (${why})`).join(', ')}` }
  }

  /** Settles when what the store is being told at this moment has arrived, or was refused. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }
}
