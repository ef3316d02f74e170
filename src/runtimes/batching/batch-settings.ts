import type { Manifest } from '../../contracts/manifest.ts'
import { durationMs } from '../../contracts/written-units.ts'

/** Bounds of batching for one model. */
export type BatchSettings = {
  /** Rows of one call. */
  readonly maxRows: number
  /** Longest that a free worker waits for more rows. */
  readonly maxDelayMs: number
  /** Calls that the model computes at the same time. */
  readonly workers: number
  /** Is there another process to ask when one is lost? */
  readonly hasOthers: boolean
  /** Nothing waits for company when it would take longer than this from its arrival to its answer. */
  readonly targetMs: number
  /** What may wait: rows, and requests. */
  readonly queueRows: number
  readonly queueRequests: number
}

const queueRequests = 1_024
const queueBatches = 16

/** The bounds that a manifest sets: `execution.batching`, `execution.workers` and `execution.spares`; the target is half of `limits.timeout`. */
export function batchSettings({ execution, limits }: Required<Pick<Manifest, 'execution' | 'limits'>>): BatchSettings {
  const { max_rows: maxRows = 64, max_delay: maxDelay = '2ms' } = execution?.batching ?? {}
  const { workers = 1, spares = 0 } = execution ?? {}
  return {
    maxRows,
    maxDelayMs: durationMs(maxDelay),
    workers,
    hasOthers: workers + spares > 1,
    targetMs: limits?.timeout === undefined ? Infinity : durationMs(limits.timeout) / 2,
    queueRows: Math.max(queueRequests, queueBatches * maxRows),
    queueRequests,
  }
}
