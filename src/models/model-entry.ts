import { symbolGlob } from '../contracts/symbol.ts'
import type { LabelTarget } from '../registry/registry.ts'
import { type Candidate, highestVerified, latestVersion, resolveLabels } from './labels.ts'
import { compareVersions } from './semver.ts'
import type { VersionSlot } from './version-slot.ts'

/** The version of `latest` before and after its labels were resolved, and the highest verified release, which is another one where `latest` is pinned. */
export type Resolved = { readonly before: string | undefined; readonly after: string | undefined; readonly proven: string | undefined }

/** One model: its versions, and its labels resolved to them. Resolved anew when something changes, so that a request pays one look-up. */
export class ModelEntry {
  readonly name: string
  readonly slots = new Map<string, VersionSlot>()
  #labels: ReadonlyMap<string, string> = new Map()
  #admits: readonly ((symbol: string) => boolean)[] = []
  constructor(name: string) {
    this.name = name
  }

  add(slot: VersionSlot): void {
    this.slots.set(slot.version, slot)
    this.#admits = [...new Set([...this.slots.values()].flatMap(({ file }) => file.manifest.symbols))].map(symbolGlob)
  }

  /** Resolves the labels again. */
  resolve(set: ReadonlyMap<string, LabelTarget>, isVerified: (slot: VersionSlot) => boolean): Resolved {
    const candidates = this.#candidates(isVerified)
    const before = this.#labels.get('latest')
    this.#labels = resolveLabels(candidates, set)
    return { before, after: this.#labels.get('latest'), proven: highestVerified(candidates) }
  }
  /** The version that `latest` is while nothing pins it; undefined where there is no release. */
  unpinned(isVerified: (slot: VersionSlot) => boolean): VersionSlot | undefined {
    const version = latestVersion(this.#candidates(isVerified), undefined)
    return version === undefined ? undefined : this.slots.get(version)
  }
  #candidates(isVerified: (slot: VersionSlot) => boolean): Candidate[] {
    return [...this.slots.values()]
      .filter(({ onDisk, resident }) => onDisk || resident !== undefined)
      .map((slot) => ({ version: slot.version, verified: isVerified(slot) && !slot.isRefused, failed: slot.failure !== undefined }))
  }

  get labels(): ReadonlyMap<string, string> {
    return this.#labels
  }
  labelsOf(version: string): string[] {
    return [...this.#labels].filter(([, target]) => target === version).map(([label]) => label)
  }
  /** The slot of a version (`1.2.3`, `v1.2.3`) or label, and the label if it was one. */
  find(selector: string): { readonly slot: VersionSlot; readonly label: string | undefined } | undefined {
    const target = this.#labels.get(selector)
    const slot = this.slots.get(target ?? (selector.startsWith('v') ? selector.slice(1) : selector))
    return slot && { slot, label: target === undefined ? undefined : selector }
  }
  /** The version that stands for the model: its `latest`, or its newest where it has none any more; every model has one. */
  get foremost(): VersionSlot {
    return this.find('latest')?.slot ?? (this.newestFirst()[0] as VersionSlot)
  }
  /** Slots, newest version first. */
  newestFirst(): VersionSlot[] {
    return [...this.slots.values()].toSorted((a, b) => compareVersions(b.version, a.version))
  }
  admits(symbol: string): boolean {
    return this.#admits.some((fits) => fits(symbol))
  }
}
