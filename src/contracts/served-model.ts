import type { FeatureSet } from './features.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Manifest } from './manifest.ts'
import type { Deadline } from './ports.ts'

/** One model version by its identity: the digest is the SHA-256 of `model.yaml`, which names the digest of every other file. */
export type VersionRef = { readonly name: string; readonly version: string; readonly digest: string }

/** A version that is ready to answer. Immutable; the same object for as long as the version stays loaded. */
export type ServedModel = {
  readonly ref: VersionRef
  readonly manifest: Manifest
  readonly features: FeatureSet
  readonly runtime: LoadedModel
}

/** A version that may not be loaded, with the label through which it was found, if it was one. */
export type KnownVersion = Pick<ServedModel, 'ref' | 'manifest'> & { readonly label: string | undefined }

/** A hold on a served model: it is neither evicted nor drained until `release` (or `using`) gives it back. Release is idempotent. */
export interface Lease extends Disposable {
  readonly model: ServedModel
  /** The label through which the version was found, if it was one. */
  readonly label: string | undefined
  release(): void
}

/** What prediction needs from the models. */
export interface ModelAccess {
  /**
   * A lease on `name` at a version (`1.2.3`, `v1.2.3`) or label, resolved once. Answers at once when the version is loaded, else loads it (single-flight).
   * Throws `model_not_found`, `version_not_found`, `model_loading`, `model_unavailable` (with the reason that the version failed for), `model_memory_exceeded`, `draining`.
   */
  acquire(name: string, selector: string, deadline: Deadline): Lease | Promise<Lease>
  /** What is known of the version behind a version or label, loaded or not; undefined if there is none. */
  known(name: string, selector: string): KnownVersion | undefined
  /** True if some version of the model admits the symbol. Throws `model_not_found`. */
  admits(name: string, symbol: string): boolean
  /** Names of the models whose `latest` admits the symbol, for messages. */
  namesFor(symbol: string): readonly string[]
}
