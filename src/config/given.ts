import type { Problem } from './problems.ts'

/** A value for one setting and where it was written. */
export type Given = { readonly name: string; readonly value: unknown; readonly where: string }

/** What one source says: values for settings, and what could not be understood. */
export type SourceReading = { readonly given: readonly Given[]; readonly problems: readonly Problem[] }
