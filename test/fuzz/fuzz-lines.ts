import type { CaseResult } from './run-case.ts'

/** What the fuzzing process says, a line of JSON each: which case it begins, how it ended, or what was wrong with it. */
export type FuzzLine = { readonly begin: number } | ({ readonly end: number } & CaseResult) | { readonly fault: number; readonly message: string }
