import { sizeBytes } from '../contracts/written-units.ts'
import type { PoolSize } from './process/inference-pool.ts'
import type { ProcessLimits } from './process/process-limits.ts'
import type { ArtefactSpec } from './runtime.ts'

/** Bytes of memory that one process of the model may have, undefined where its manifest does not say. */
export const memoryLimit = ({ limits }: ArtefactSpec): number | undefined => (limits.memory === undefined ? undefined : sizeBytes(limits.memory))

/** When the processes of a model are replaced, by its manifest. */
export function recycling(spec: ArtefactSpec): Partial<ProcessLimits> {
  const bytes = memoryLimit(spec)
  const calls = spec.execution.recycle_after
  return { ...(bytes === undefined ? {} : { recycleBytes: bytes }), ...(calls === undefined ? {} : { recycleCalls: calls }) }
}

/** How many processes a model has, by its manifest: one and none to spare where it does not say. */
export const poolSize = ({ execution }: ArtefactSpec): PoolSize => ({ workers: execution.workers ?? 1, spares: execution.spares ?? 0 })
