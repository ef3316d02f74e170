/** Why a fresh process takes the place of one that still answers: the calls that it has answered, or the memory that it has. */
export type ReplacementCause = 'calls' | 'memory'

/** What happened to an inference process: it can answer, a fresh one took its place, none could and one is tried again after `retryAfterMs`, or it ended and is started again after `retryAfterMs`. */
export type ProcessEvent =
  | { readonly kind: 'ready'; readonly pid: number; readonly startMs: number }
  | { readonly kind: 'recycled'; readonly pid: number | undefined; readonly cause: ReplacementCause; readonly reason: string }
  | { readonly kind: 'kept'; readonly cause: ReplacementCause; readonly reason: string; readonly failure: string; readonly retryAfterMs: number }
  | { readonly kind: 'ended'; readonly pid: number | undefined; readonly reason: string; readonly retryAfterMs: number }
