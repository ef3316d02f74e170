/** Order of two semantic versions (SemVer 2.0, without build metadata): negative when `a` comes before `b`. */
export function compareVersions(a: string, b: string): number {
  const [coreA, preA] = split(a)
  const [coreB, preB] = split(b)
  for (let i = 0; i < 3; i += 1) if (coreA[i] !== coreB[i]) return (coreA[i] ?? 0) - (coreB[i] ?? 0)
  if (preA === undefined || preB === undefined) return Number(preA === undefined) - Number(preB === undefined)
  return comparePrerelease(preA.split('.'), preB.split('.'))
}

/** True for a release: no `-suffix`. */
export const isRelease = (version: string): boolean => !version.includes('-')

function split(version: string): [readonly number[], string | undefined] {
  const dash = version.indexOf('-')
  const core = dash < 0 ? version : version.slice(0, dash)
  return [core.split('.').map(Number), dash < 0 ? undefined : version.slice(dash + 1)]
}

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const order = compareIdentifier(a[i] as string, b[i] as string)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareIdentifier(a: string, b: string): number {
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (numberA && numberB) return Number(a) - Number(b)
  if (numberA !== numberB) return numberA ? -1 : 1
  return a < b ? -1 : Number(a > b)
}
