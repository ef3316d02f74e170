import type { LabelTarget } from '../registry/registry.ts'
import { compareVersions, isRelease } from './semver.ts'

/** What the law of labels looks at of one version. */
export type Candidate = { readonly version: string; readonly verified: boolean; readonly failed: boolean }

const highest = (versions: readonly string[]): string | undefined => versions.toSorted(compareVersions).at(-1)

const releasesOf = (candidates: readonly Candidate[]): Candidate[] => candidates.filter(({ version }) => isRelease(version))

/** The highest release that is verified: what `latest` follows unless it is pinned. */
export const highestVerified = (candidates: readonly Candidate[]): string | undefined =>
  highest(
    releasesOf(candidates)
      .filter(({ verified }) => verified)
      .map(({ version }) => version),
  )

/**
 * Where `latest` points: to its pin while that version exists, else to the highest verified release; before any version is verified, to the highest release that has not failed
 * (it is verified before it answers); when every one failed, to the highest, so that callers learn why. Prereleases are reached by version or by a label that was moved to them.
 */
export function latestVersion(candidates: readonly Candidate[], pin: LabelTarget | undefined): string | undefined {
  if (pin?.pinned && candidates.some(({ version }) => version === pin.version)) return pin.version
  const releases = releasesOf(candidates)
  return (
    highestVerified(candidates) ??
    highest(releases.filter(({ failed }) => !failed).map(({ version }) => version)) ??
    highest(releases.map(({ version }) => version))
  )
}

/** Every label of a model with the version it points to. */
export function resolveLabels(candidates: readonly Candidate[], set: ReadonlyMap<string, LabelTarget>): Map<string, string> {
  const known = new Set(candidates.map(({ version }) => version))
  const labels = new Map([...set].filter(([label, { version }]) => label !== 'latest' && known.has(version)).map(([label, { version }]) => [label, version]))
  const latest = latestVersion(candidates, set.get('latest'))
  if (latest !== undefined) labels.set('latest', latest)
  return labels
}
