import type { LoadedModel, RuntimeKind } from '../contracts/loaded-model.ts'
import type { ArtefactFormat } from '../contracts/manifest.ts'

/** One artefact to execute, in the words of its manifest; `path` is absolute, `sha256` hex. */
export type ArtefactSpec = {
  readonly path: string
  readonly format: ArtefactFormat
  readonly sha256: string
  readonly inputs: number
  readonly window: number
  /** Classes of the output, or 1 for a value. */
  readonly outputs: number
  readonly tensor: string | undefined
}

/** A way to execute artefacts. `compiled` is what `compileArtefact` made in the worker thread, undefined for runtimes that compile elsewhere. */
export interface ModelRuntime {
  readonly kind: RuntimeKind
  /** Throws `model_verification_failed` with what to do. */
  load(spec: ArtefactSpec, compiled: unknown, signal: AbortSignal): Promise<LoadedModel>
}
