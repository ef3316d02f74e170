import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Candidate, latestVersion, resolveLabels } from './labels.ts'
import { compareVersions, isRelease } from './semver.ts'

const part = fc.integer({ min: 0, max: 3 })
const version = fc.tuple(part, part, part, fc.constantFrom('', '', '-rc.1', '-rc.10', '-alpha')).map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`)
const candidate = fc
  .record({ version, verified: fc.boolean(), failed: fc.boolean() })
  .map((one): Candidate => ({ ...one, verified: one.verified && !one.failed }))
const candidates = fc.uniqueArray(candidate, { selector: (one) => one.version, maxLength: 12 })

test('latest is never below a verified release, and never a prerelease or unverified version beside one', () => {
  fc.assert(
    fc.property(candidates, (all) => {
      const releases = all.filter((one) => one.verified && isRelease(one.version))
      const latest = latestVersion(all, undefined)
      if (releases.length === 0) return
      assert.ok(releases.some((one) => one.version === latest))
      for (const one of releases) assert.ok(compareVersions(one.version, latest as string) <= 0)
    }),
  )
})

test('a version that failed is latest by itself only where every release failed, and then it is the highest', () => {
  fc.assert(
    fc.property(candidates, (all) => {
      const latest = all.find((one) => one.version === latestVersion(all, undefined))
      const releases = all.filter((one) => isRelease(one.version))
      assert.equal(latest === undefined, releases.length === 0)
      assert.equal(latest?.failed ?? false, releases.length > 0 && releases.every((one) => one.failed))
    }),
  )
})

test('a pin holds while its version exists, whatever newer versions come', () => {
  fc.assert(
    fc.property(candidates, fc.nat(), (all, pick) => {
      const pinned = all[pick % Math.max(1, all.length)]
      if (pinned) assert.equal(latestVersion(all, { version: pinned.version, pinned: true }), pinned.version)
      assert.equal(latestVersion(all, { version: '9.9.9', pinned: true }), latestVersion(all, undefined))
    }),
  )
})

test('a label that points to a version that is gone is not offered', () => {
  const set = new Map([['stable', { version: '1.0.0', pinned: false }]])
  assert.deepEqual([...resolveLabels([{ version: '2.0.0', verified: true, failed: false }], set)], [['latest', '2.0.0']])
})

test('versions are ordered as SemVer orders them', () => {
  const ordered = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.10',
    '1.2.0',
    '10.0.0',
  ]
  assert.deepEqual(ordered.toReversed().toSorted(compareVersions), ordered)
})
