import type { ErrorCode } from '../contracts/error.ts'
import type { PreparedBundle } from './prepare-bundle.ts'

/** What the process that prepares bundles answers: the prepared bundle, or why there is none: an error crosses the border as code and message. */
export type PrepareAnswer = { readonly prepared: PreparedBundle } | { readonly code: ErrorCode; readonly message: string }

/** The word by which such a process is told that it may take a share of the processors, and not only what others leave. */
export const hurried = 'hurried'
