import { ServingError } from '../contracts/error.ts'
import { meant } from '../contracts/nearest-names.ts'
import { ModelEntry } from './model-entry.ts'
import type { VersionSlot } from './version-slot.ts'

/** What a selector leads to: the version, and the label if it was one. */
export type Found = { readonly slot: VersionSlot; readonly label: string | undefined }

/** The models that are known, by name. */
export class ModelIndex {
  readonly #entries = new Map<string, ModelEntry>()

  /** Every model, by name. */
  get entries(): ModelEntry[] {
    return [...this.#entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }
  get slots(): VersionSlot[] {
    return [...this.#entries.values()].flatMap((entry) => [...entry.slots.values()])
  }
  /** Adds a version, in the place of one with the same name and number. */
  add(slot: VersionSlot): void {
    const entry = this.#entries.get(slot.name) ?? new ModelEntry(slot.name)
    entry.add(slot)
    this.#entries.set(slot.name, entry)
  }
  get(name: string): ModelEntry | undefined {
    return this.#entries.get(name)
  }

  /** Throws `model_not_found` with the names that are nearest. */
  entry(name: string): ModelEntry {
    const entry = this.#entries.get(name)
    if (entry) return entry
    throw new ServingError('model_not_found', `There is no model ${name}${meant(name, this.#entries.keys(), 3) || '; GET /models lists what there is'}`)
  }
  /** The slot behind a version or label. Throws `model_not_found`, `version_not_found`. */
  find(name: string, selector: string): Found {
    const entry = this.entry(name)
    const found = entry.find(selector)
    if (found) return found
    const known = [...entry.labels.keys(), ...entry.newestFirst().map(({ version }) => version)]
    throw new ServingError('version_not_found', `${name} has no version or label ${selector}; it has ${known.slice(0, 10).join(', ')}`)
  }
}
