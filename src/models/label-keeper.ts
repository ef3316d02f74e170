import type { Clock } from '../contracts/ports.ts'
import type { Registry } from '../registry/registry.ts'
import type { Resolved } from './model-entry.ts'
import type { ModelIndex } from './model-index.ts'
import { compareVersions } from './semver.ts'
import type { StoreRecords } from './store-records.ts'
import type { VersionSlot } from './version-slot.ts'

/** What keeping labels needs; `log` hears of what operators should know. */
export type LabelKeeperDeps = {
  readonly index: ModelIndex
  readonly registry: Pick<Registry, 'labels' | 'moveLabels'>
  readonly records: StoreRecords
  readonly clock: Clock
  readonly keepPreviousMs: number
  readonly log: (level: 'info' | 'warn', message: string) => void
}

/** Keeps every label on the version that it belongs to, and the version that was `latest` before in memory for a while. */
export class LabelKeeper {
  readonly #deps: LabelKeeperDeps
  readonly #warmUntil = new Map<VersionSlot, number>()
  readonly #proven = new Map<string, string | undefined>()
  /** By model, what the store has not been told yet: `latest` went from one version to another by itself. */
  readonly #owed = new Map<string, { readonly from: string; readonly to: string }>()
  #lastMove: Promise<unknown> = Promise.resolve()
  constructor(deps: LabelKeeperDeps) {
    this.#deps = deps
  }

  /** Resolves the labels of a model again; the version that was `latest` becomes `previous`, in the store too: now, or the next time where it refuses. Never throws for a known model. */
  refresh(name: string): void {
    const change = this.moved(name)
    // A version whose files are refused is nothing to go back to.
    if (change && !change.old.isRefused && this.#deps.records.isVerified(change.old)) this.#owed.set(name, { from: change.old.version, to: change.now })
    if (this.#owed.has(name)) void this.#deps.records.attempt('labels', () => this.inTurn(() => this.#tellPrevious(name)))
  }

  async #tellPrevious(name: string): Promise<void> {
    const { index, registry } = this.#deps
    const owed = this.#owed.get(name)
    if (!owed) return
    // Whoever has moved it since has said what is previous.
    if (index.entry(name).labels.get('latest') === owed.to) {
      const event = { name, version: owed.to, event: 'latest', detail: `from ${owed.from}`, keyId: 'server' }
      await registry.moveLabels(name, { previous: { version: owed.from, pinned: false } }, event)
      this.#resolve(name)
    }
    if (this.#owed.get(name) === owed) this.#owed.delete(name)
  }

  /** Moves of labels follow each other: each begins with what the one before has left, in the store as well. Settles as the move does. */
  inTurn<Result>(move: () => Promise<Result>): Promise<Result> {
    const moved = this.#lastMove.then(move)
    this.#lastMove = moved.catch(() => {})
    return moved
  }

  /** Resolves the labels of a model after the store was told of the move; answers the change of `latest`, if there was one. */
  moved(name: string): { readonly old: VersionSlot; readonly now: string } | undefined {
    const { before, after, proven } = this.#resolve(name)
    this.#tellWaiting(name, proven, after)
    if (before === after || after === undefined) return undefined
    this.#deps.log('info', `${name} latest is ${after}${before === undefined ? '' : ` (was ${before})`}`)
    const old = before === undefined ? undefined : this.#deps.index.entry(name).slots.get(before)
    if (!old) return undefined
    const now = this.#deps.clock.monotonic()
    for (const [slot, until] of this.#warmUntil) if (until <= now) this.#warmUntil.delete(slot)
    this.#warmUntil.set(old, now + this.#deps.keepPreviousMs)
    return { old, now: after }
  }

  /** True for a version that is not given up for `newcomer`: stable, just replaced, or what answers for the newcomer's own model until it has come. */
  isKept(slot: VersionSlot, newcomer: VersionSlot): boolean {
    const { index, clock, keepPreviousMs } = this.#deps
    const labels = index.get(slot.name)?.labels
    if (labels?.get('stable') === slot.version || (this.#warmUntil.get(slot) ?? 0) > clock.monotonic()) return true
    return keepPreviousMs > 0 && slot.name === newcomer.name && labels?.get('latest') === slot.version
  }

  /** Says of a release that was proven just now, once, that `latest` does not go to it: it is pinned below. */
  #tellWaiting(name: string, proven: string | undefined, latest: string | undefined): void {
    const isKnown = this.#proven.has(name)
    const before = this.#proven.get(name)
    this.#proven.set(name, proven)
    if (!isKnown || proven === undefined || latest === undefined) return
    const isNew = before === undefined || compareVersions(proven, before) > 0
    if (!isNew || compareVersions(proven, latest) <= 0) return
    const label = `/models/${name}/labels/latest`
    const remedy = `PUT ${label} moves it, DELETE lets it follow new versions again`
    this.#deps.log('info', `${name} ${proven} is proven and waits: latest stays at ${latest}, where it was put; ${remedy}`)
  }

  #resolve(name: string): Resolved {
    const { index, registry, records } = this.#deps
    return index.entry(name).resolve(registry.labels(name), (slot) => records.isVerified(slot))
  }
}
