import { ServingError } from '../contracts/error.ts'
import { sizeBytes } from '../contracts/written-units.ts'
import type { PoolSize } from './process/inference-pool.ts'
import type { ProcessLimits } from './process/process-limits.ts'
import type { ArtefactSpec } from './runtime.ts'

/** Bytes of memory that one process of the model may have: what its manifest asks for, or the `most` MiB that the operator gives one. Throws `model_memory_exceeded` where it asks for more. */
export function memoryLimit({ limits: { memory } }: ArtefactSpec, most: number): number {
  const mostBytes = most * 2 ** 20
  if (memory === undefined) return mostBytes
  const bytes = sizeBytes(memory)
  if (bytes <= mostBytes) return bytes
  throw new ServingError(
    'model_memory_exceeded',
    `limits.memory asks for ${memory} for one process of the model; models.processMemoryMb (models.memoryBudgetMb where it is not set) allows ${most} MiB: ask for less, or raise it`,
  )
}

/** When the processes of a model are replaced, by its manifest and by what the operator gives one. Throws what `memoryLimit` throws. */
export function recycling(spec: ArtefactSpec, most: number): Partial<ProcessLimits> {
  const calls = spec.execution.recycle_after
  return { recycleBytes: memoryLimit(spec, most), ...(calls === undefined ? {} : { recycleCalls: calls }) }
}

/** How many processes a model has, by its manifest: one and none to spare where it does not say. */
export const poolSize = ({ execution }: ArtefactSpec): PoolSize => ({ workers: execution.workers ?? 1, spares: execution.spares ?? 0 })
