import type { FeatureSetSpec } from '../../contracts/features.ts'
import type { Clock } from '../../contracts/ports.ts'
import type { OnlineStore } from '../../feature-store/online-store.ts'
import type { FeatureService } from '../feature-service.ts'

/** What telling of sets needs. */
export type SharedSetsDeps = {
  readonly store: OnlineStore
  readonly features: Pick<FeatureService, 'sets' | 'declare' | 'prove'>
  readonly clock: Clock
  readonly log: { warn(about: object, message: string): void }
}

const againMs = 3_600_000

/** Replicas tell each other which sets they read: the writer of a symbol computes those of all, also of models that it has not loaded itself. */
export class SharedSets {
  readonly #deps: SharedSetsDeps
  readonly #announced = new Map<string, number>()
  readonly #known = new Set<string>()
  constructor(deps: SharedSetsDeps) {
    this.#deps = deps
  }

  /** Tells of own sets that are new, and takes those of others. Never rejects. */
  async exchange(): Promise<void> {
    const { store, features, clock } = this.#deps
    if (!store.connected) return
    const now = clock.monotonic()
    const own = features.sets().map(({ spec }) => JSON.stringify(spec))
    const due = own.filter((spec) => now - (this.#announced.get(spec) ?? -Infinity) >= againMs)
    try {
      if (due.length > 0) await store.announce(due)
      for (const spec of due) this.#announced.set(spec, now)
      const foreign = (await store.announced()).filter((spec) => !own.includes(spec) && !this.#known.has(spec))
      for (const spec of foreign) await this.#take(spec)
    } catch {
      // Told again with the next round.
    }
  }

  async #take(spec: string): Promise<void> {
    const { features, log } = this.#deps
    this.#known.add(spec)
    try {
      await features.prove(features.declare(JSON.parse(spec) as FeatureSetSpec))
    } catch (error) {
      log.warn({ error: String(error) }, 'a feature set of another replica cannot be computed here')
    }
  }
}
