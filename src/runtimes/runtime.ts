import type { LoadedModel, RuntimeKind } from '../contracts/loaded-model.ts'
import type { ArtefactFormat } from '../contracts/artefact-formats.ts'
import type { InputTensorSpec, Manifest } from '../contracts/manifest.ts'

/** One artefact to execute, in the words of its manifest. `path` is absolute: a file or a folder; `files` has the hex SHA-256 of that file, or of every file below that folder, by absolute path. */
export type ArtefactSpec = {
  /** Name and version of its model, for measurements and logs. */
  readonly model: { readonly name: string; readonly version: string }
  readonly path: string
  readonly format: ArtefactFormat
  readonly files: Readonly<Record<string, string>>
  readonly method?: Manifest['artefact']['method']
  readonly class?: string | undefined
  /** Ids of the columns, as many as `inputs`. */
  readonly features: readonly string[]
  readonly inputs: number
  readonly window: number
  /** Which columns go into which input of a model that takes several. */
  readonly tensors?: readonly InputTensorSpec[] | undefined
  /** Classes of the output, or 1 for a value. */
  readonly outputs: number
  readonly tensor: string | undefined
  readonly kind: Manifest['output']['kind']
  readonly limits: NonNullable<Manifest['limits']>
  readonly execution: NonNullable<Manifest['execution']>
}

/** A way to execute artefacts. `compiled` is what `compileArtefact` made in the process that prepares bundles, undefined for runtimes that compile elsewhere; a load may use it up. */
export interface ModelRuntime {
  readonly kind: RuntimeKind
  /** Throws `model_verification_failed` and `feature_contract_mismatch` with what to do, `deadline_exceeded` (or the signal's `ServingError`) when the signal aborts; nothing stays behind then. */
  load(spec: ArtefactSpec, compiled: unknown, signal: AbortSignal): Promise<LoadedModel>
}
