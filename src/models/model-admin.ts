import { ServingError } from '../contracts/error.ts'
import {
  type Change,
  type LabelResponse,
  type ModelAdmin,
  type ModelsResponse,
  type MovableLabel,
  movableLabels,
  type VersionResponse,
  type VersionsResponse,
} from '../contracts/models.ts'
import type { Registry } from '../registry/registry.ts'
import { describeModel, describeVersion } from './describe-version.ts'
import type { ModelService } from './model-service.ts'
import type { VersionSlot } from './version-slot.ts'

const isMovable = (label: string): label is MovableLabel => (movableLabels as readonly string[]).includes(label)

type Move = { readonly label: MovableLabel; readonly isPinned: boolean }

/** What operators see of the models and do with them. */
export class ModelAdministration implements ModelAdmin {
  readonly #models: ModelService
  readonly #registry: Registry
  constructor(models: ModelService, registry: Registry) {
    this.#models = models
    this.#registry = registry
  }

  list(): ModelsResponse {
    const models = this.#models.entries.map((entry) => describeModel(entry, entry.foremost, this.#models.isVerified(entry.foremost)))
    return { models, refused: [...this.#models.refused] }
  }

  versions(name: string): VersionsResponse {
    const entry = this.#models.entry(name)
    return { model_name: name, versions: entry.newestFirst().map((slot) => describeVersion(entry, slot, this.#models.isVerified(slot))) }
  }

  async model(name: string): Promise<VersionResponse> {
    return this.#describe(this.#models.entry(name).foremost)
  }

  async version(name: string, selector: string): Promise<VersionResponse> {
    return this.#describe(this.#models.find(name, selector).slot)
  }

  async load(name: string, version: string, change: Change): Promise<VersionResponse> {
    const { slot } = this.#models.find(name, version)
    await this.#models.load(slot)
    await this.#record(slot, 'load', change)
    return this.#describe(slot)
  }

  async unload(name: string, version: string, change: Change): Promise<VersionResponse> {
    const { slot } = this.#models.find(name, version)
    await slot.drain()
    await this.#record(slot, 'unload', change)
    return this.#describe(slot)
  }

  /** Loads the version first, so that it is proven and no request waits, then moves the label. */
  async setLabel(name: string, { label, version }: { readonly label: string; readonly version: string }, change: Change): Promise<LabelResponse> {
    if (!isMovable(label))
      throw new ServingError('label_conflict', `${label} cannot be moved; a label is one of ${movableLabels.join(', ')}, and previous is kept by the server`)
    const { slot } = this.#models.find(name, version)
    await this.#models.load(slot)
    if (!this.#models.isVerified(slot))
      throw new ServingError('label_conflict', `${name} ${slot.version} is not verified: a label moves only to a version that reproduced its golden rows`)
    return this.#models.inTurn(() => this.#move(slot, { label, isPinned: label === 'latest' }, change))
  }

  /** `latest` follows the highest verified release again, which is loaded first; where nothing pins it, it stays as it is. */
  async unpinLabel(name: string, label: string, change: Change): Promise<LabelResponse> {
    if (label !== 'latest')
      throw new ServingError(
        'label_conflict',
        `${label} cannot be let go: stable and canary are moved by PUT /models/${name}/labels/LABEL, previous is kept by the server; DELETE is for latest alone`,
      )
    if (this.#isPinned(name)) await this.#models.load(this.#followed(name))
    return this.#models.inTurn(async () => {
      const slot = this.#followed(name)
      if (this.#isPinned(name)) return this.#move(slot, { label, isPinned: false }, change)
      return { model_name: name, label, version: slot.version, before: slot.version }
    })
  }

  /** `latest` goes back to `previous` and stays there until it is moved or no longer pinned. */
  async rollback(name: string, change: Change): Promise<LabelResponse> {
    const previous = this.#previous(name)
    await this.#models.load(previous)
    return this.#models.inTurn(() => {
      if (this.#previous(name) === previous) return this.#move(previous, { label: 'latest', isPinned: true }, change)
      throw new ServingError(
        'label_conflict',
        `${name} was moved while ${previous.version} was loaded; look at its labels, and roll back again if that is still wanted`,
      )
    })
  }

  #isPinned(name: string): boolean {
    return this.#registry.labels(name).get('latest')?.pinned ?? false
  }

  #followed(name: string): VersionSlot {
    const slot = this.#models.entry(name).unpinned((each) => this.#models.isVerified(each))
    if (slot) return slot
    throw new ServingError('label_conflict', `${name} has no release that latest could follow; PUT /models/${name}/labels/latest points it to a prerelease`)
  }

  #previous(name: string): VersionSlot {
    const entry = this.#models.entry(name)
    const previous = entry.find('previous')?.slot
    if (!previous) throw new ServingError('label_conflict', `${name} has no previous version to go back to`)
    if (entry.labels.get('latest') !== previous.version) return previous
    throw new ServingError(
      'label_conflict',
      `${name} is at ${previous.version} already, its previous version: there is nothing to go back to; PUT /models/${name}/labels/latest moves it`,
    )
  }

  async #move(slot: VersionSlot, { label, isPinned }: Move, { keyId, reason }: Change): Promise<LabelResponse> {
    const { name, version } = slot
    const before = this.#models.entry(name).labels.get(label)
    const isLetGo = label === 'latest' && !isPinned
    const target = { version, pinned: isPinned }
    const previous = label === 'latest' && before !== undefined && before !== version ? { previous: { version: before, pinned: false } } : {}
    const detail = `${label}${isLetGo ? ' unpinned' : ''}${before === undefined ? '' : ` from ${before}`}${reason === undefined ? '' : `: ${reason}`}`
    await this.#registry.moveLabels(name, { [label]: target, ...previous }, { name, version, event: 'label', detail, keyId })
    this.#models.moved(name)
    return { model_name: name, label, version, ...(before === undefined ? {} : { before }) }
  }

  /** The change is made by now: a store that cannot keep its history does not undo it. */
  async #record({ name, version }: VersionSlot, event: string, { keyId, reason }: Change): Promise<void> {
    await this.#models.records.attempt('history', () => this.#registry.record({ name, version, event, detail: reason ?? '', keyId }))
  }

  async #describe(slot: VersionSlot): Promise<VersionResponse> {
    const { name, version, state, resident, file } = slot
    const golden = resident?.golden
    const history = await this.#models.records.attempt('history', () => this.#registry.history(name, version))
    return {
      model_name: name,
      ...describeVersion(this.#models.entry(name), slot, this.#models.isVerified(slot)),
      state,
      ...(resident ? { engine: resident.runtime.engine } : {}),
      ...(resident?.runtime.protection === undefined ? {} : { protection: resident.runtime.protection }),
      ...(golden ? { golden: { rows: golden.rows, reproduced: golden.reproduced, max_abs_error: golden.maxAbsError } } : {}),
      manifest: file.manifest,
      ...(history ? { history } : {}),
    }
  }
}
