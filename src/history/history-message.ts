import type { ErrorCode } from '../contracts/error.ts'
import type { SealReport, SealRequest } from './seal.ts'
import type { Choice } from './choose-rows.ts'
import type { Block, ColumnSpec } from './table.ts'

/** What the history process is asked for, one thing after the other. Tables and readings are known by names that the asker chose. */
export type HistoryRequest =
  | { readonly kind: 'create'; readonly table: string; readonly columns: readonly ColumnSpec[] }
  | { readonly kind: 'append'; readonly table: string; readonly block: Block }
  /** Writes a table to a file, whole or not at all, and forgets the table. `about` is kept in the file. */
  | { readonly kind: 'save'; readonly table: string; readonly columns: readonly ColumnSpec[]; readonly path: string; readonly about: string }
  /** Begins to read files with the same columns: all rows in their order, or those that are chosen. */
  | { readonly kind: 'open'; readonly reading: string; readonly paths: readonly string[]; readonly choice?: Choice }
  | { readonly kind: 'next'; readonly reading: string }
  | ({ readonly kind: 'seal' } & SealRequest)

/** What a file says of itself in its metadata (key `presage`). */
export type FileAbout = { readonly path: string; readonly text: string }

/** The answers, by the kind of the request. `open` says what the files say of themselves, those that do, by their names; `next` gives undefined at the end, once. */
export type HistoryAnswers = {
  readonly create: void
  readonly append: void
  readonly save: { readonly bytes: number }
  readonly open: { readonly columns: readonly string[]; readonly rows: number; readonly abouts: readonly FileAbout[] }
  readonly next: Block | undefined
  readonly seal: SealReport
}

/** A request on its way to the process. */
export type HistoryCall = { readonly id: number; readonly request: HistoryRequest }

/** An answer or a refusal on its way back; the first message, with id 0, says that the process is ready or why not. */
export type HistoryReply =
  | { readonly id: number; readonly answer: HistoryAnswers[HistoryRequest['kind']] }
  | { readonly id: number; readonly refused: { readonly code: ErrorCode; readonly message: string } }
