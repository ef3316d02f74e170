import type { ErrorCode } from '../contracts/error.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { PreparedBundle } from './prepare-bundle.ts'

/** A `model.yaml` that nobody has parsed yet, and the folder that it is of. */
export type UnreadManifest = { readonly dir: string; readonly bytes: Uint8Array }
/** What a `model.yaml` says, or why it is none: of its bytes, whoever reads them and when. */
export type ManifestReading = ManifestFile | { readonly reason: string }

/** What the process that prepares bundles answers: what was asked for, or why there is none: an error crosses the border as code and message. */
export type PrepareAnswer =
  | { readonly prepared: PreparedBundle }
  | { readonly reading: ManifestReading }
  | { readonly code: ErrorCode; readonly message: string }

/** The word by which such a process is told that it may take a share of the processors, and not only what others leave. */
export const hurried = 'hurried'
