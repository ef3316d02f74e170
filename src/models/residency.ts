/** What eviction looks at of one version in memory. `lastUsed` grows with every use. */
export type ResidentVersion<T> = { readonly of: T; readonly bytes: number; readonly lastUsed: number; readonly isProtected: boolean }

/** Which versions to take out of memory, least recently used first, so that the rest fits the budget; never a protected one. `fits` is false when that is not enough. */
export function chooseEvictions<T>(versions: readonly ResidentVersion<T>[], budgetBytes: number): { readonly evict: readonly T[]; readonly fits: boolean } {
  let bytes = versions.reduce((sum, version) => sum + version.bytes, 0)
  const evict: T[] = []
  for (const version of versions.filter(({ isProtected }) => !isProtected).toSorted((a, b) => a.lastUsed - b.lastUsed)) {
    if (bytes <= budgetBytes) break
    bytes -= version.bytes
    evict.push(version.of)
  }
  return { evict, fits: bytes <= budgetBytes }
}
