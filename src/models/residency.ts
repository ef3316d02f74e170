/** What eviction looks at of one version in memory. `lastUsed` grows with every use. */
export type ResidentVersion<T> = { readonly of: T; readonly bytes: number; readonly lastUsed: number; readonly isProtected: boolean }

/**
 * Which versions to take out of memory, least recently used first, so that the rest fits the budget; never a protected one, and none without which it fits as well: where a large one has to leave
 * anyway, small ones stay that were used before it. `fits` is false when all that may leave is not enough.
 */
export function chooseEvictions<T>(versions: readonly ResidentVersion<T>[], budgetBytes: number): { readonly evict: readonly T[]; readonly fits: boolean } {
  let bytes = versions.reduce((sum, version) => sum + version.bytes, 0)
  const leaving: ResidentVersion<T>[] = []
  for (const version of versions.filter(({ isProtected }) => !isProtected).toSorted((a, b) => a.lastUsed - b.lastUsed)) {
    if (bytes <= budgetBytes) break
    bytes -= version.bytes
    leaving.push(version)
  }
  const stays = (version: ResidentVersion<T>): boolean => {
    if (bytes + version.bytes > budgetBytes) return false
    bytes += version.bytes
    return true
  }
  const evict = new Set(leaving)
  for (const version of leaving.toReversed()) if (stays(version)) evict.delete(version)
  return { evict: [...evict].map(({ of }) => of), fits: bytes <= budgetBytes }
}
