import { ServingError } from '../contracts/error.ts'
import { chooseEvictions } from './residency.ts'
import type { Resident } from './resident.ts'
import type { VersionSlot } from './version-slot.ts'

/** A version that asks for so many bytes. */
export type Newcomer = { readonly slot: VersionSlot; readonly bytes: number }
/** How much memory there is, and which versions are not given up for another. */
export type Budget = { readonly megabytes: number; readonly isKept: (slot: VersionSlot) => boolean }

/** A model in a process of its own grows while it answers (by 1 to 2 % where it was measured): it is counted with a sixteenth more than it takes at the moment. */
const growth = 1 / 16
const countedBytes = ({ runtime }: Resident): number => runtime.memoryBytes * (runtime.predictSync === undefined ? 1 + growth : 1)

const inMegabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** The versions that must leave so that a newcomer fits, least recently used first. Throws `model_memory_exceeded`, and then nothing need leave. */
export function roomFor({ slot: newcomer, bytes }: Newcomer, slots: readonly VersionSlot[], { megabytes, isKept }: Budget): readonly VersionSlot[] {
  const reserved = newcomer.loading?.reservedBytes ?? 0
  const held = slots.map((slot) => ({ of: slot, bytes: slot.heldBytes - (slot === newcomer ? reserved : 0), lastUsed: 0, isProtected: true }))
  const inMemory = slots.flatMap((slot) => {
    const { resident, lastUsed } = slot
    if (!resident || slot === newcomer) return []
    return [{ of: slot, bytes: countedBytes(resident), lastUsed, isProtected: resident.inUse || isKept(slot) }]
  })
  const all = [{ of: newcomer, bytes, lastUsed: 0, isProtected: true }, ...held, ...inMemory]
  const { evict, fits } = chooseEvictions(all, megabytes * 2 ** 20)
  if (fits) return evict
  const kept = all.reduce((sum, each) => sum + (each.isProtected ? each.bytes : 0), 0) - bytes
  throw new ServingError(
    'model_memory_exceeded',
    `${newcomer.name} ${newcomer.version} needs ${inMegabytes(bytes)}; models.memoryBudgetMb is ${megabytes}, of which ${inMegabytes(kept)} are held by versions that are in use, loading, stable, serving this model or just replaced: unload one, or raise it`,
  )
}

/** True if a newcomer fits once all has left that is only in use, loading or on its way out: a shortage that passes. */
export function wouldFit({ slot: newcomer, bytes }: Newcomer, slots: readonly VersionSlot[], { megabytes, isKept }: Budget): boolean {
  const kept = slots.filter((slot) => slot !== newcomer && isKept(slot)).reduce((sum, { resident }) => sum + (resident ? countedBytes(resident) : 0), 0)
  return kept + bytes <= megabytes * 2 ** 20
}
