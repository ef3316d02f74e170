import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ReadBundles, scanFolder } from './scan-folder.ts'

const example = fileURLToPath(new URL('../../examples/models/momentum/1.2.3', import.meta.url))

/** What a scan finds where the example lies at these places. */
async function scanned(t: TestContext, ...places: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'presage-scan-'))
  t.after(() => rmSync(dir, { recursive: true }))
  for (const place of places) cpSync(example, join(dir, place), { recursive: true })
  mkdirSync(join(dir, 'lost+found/inner'), { recursive: true })
  mkdirSync(join(dir, 'momentum/notes'), { recursive: true })
  const { bundles = [], rejected = [] } = (await scanFolder(dir)) ?? {}
  return {
    bundles: bundles.map((file) => relative(dir, file.dir)),
    rejected: Object.fromEntries(rejected.map(({ path, reason }) => [relative(dir, path), reason])),
  }
}

test('bundles are found by model and version, and folders that hold none are left alone', async (t) => {
  assert.deepEqual(await scanned(t, 'momentum/1.2.3'), { bundles: ['momentum/1.2.3'], rejected: {} })
})

test('copies under way, whose names begin with a dot, are left alone', async (t) => {
  assert.deepEqual(await scanned(t, '.momentum/1.2.3', 'momentum/.1.2.3', '.copy'), { bundles: [], rejected: {} })
})

const misnamed: readonly (readonly [string, RegExp])[] = [
  ['momentum/v1.2.3', /^the folder of a version is named 1\.2\.3, without v$/],
  ['momentum/1.2', /^the folder of a version is named as the version in its model\.yaml, three numbers such as 1\.2\.0, not 1\.2$/],
  ['momentum/vnext', /three numbers such as 1\.2\.0, not vnext$/],
  ['Momentum/1.2.3', /^the folder of a model is named as .* a-z, 0-9 and _ alone \(at most 64\), such as momentum, not Momentum$/],
  ['m-dash/1.2.3', /such as m_dash, not m-dash$/],
  ['momentum', /^a bundle lies in a folder of its version in the folder of its model: NAME\/VERSION$/],
  ['momentum-1.2.3', /NAME\/VERSION$/],
]
for (const [place, reason] of misnamed)
  test(`a bundle in ${place} is refused with what its folder must be`, async (t) => {
    const { bundles, rejected } = await scanned(t, place)
    assert.deepEqual([bundles, Object.keys(rejected)], [[], [place]])
    assert.match(rejected[place] ?? '', reason)
  })

test('a manifest that takes long to parse is parsed elsewhere, once, and again where that did not answer', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'presage-scan-'))
  t.after(() => rmSync(dir, { recursive: true }))
  cpSync(example, join(dir, 'momentum/1.2.3'), { recursive: true })
  const long = join(dir, 'momentum/1.2.4')
  cpSync(example, long, { recursive: true })
  appendFileSync(join(long, 'model.yaml'), '#'.repeat(16_384))
  const asked: string[] = []
  const reads = new ReadBundles(({ dir: at }) => {
    asked.push(at)
    return asked.length === 1 ? Promise.reject(new Error('it died')) : Promise.resolve({ reason: 'none' })
  })
  const reasons = async (): Promise<string[]> => (await scanFolder(dir, reads))?.rejected.map(({ reason }) => reason) ?? []
  assert.deepEqual([await reasons(), await reasons(), await reasons()], [['it died'], ['none'], ['none']])
  assert.deepEqual(asked, [long, long])
})

test('a manifest that is as it was at the scan before is not parsed again, one that changed is', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'presage-scan-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const [good, bad] = [join(dir, 'momentum/1.2.3/model.yaml'), join(dir, 'other/1.0.0/model.yaml')]
  cpSync(example, dirname(good), { recursive: true })
  mkdirSync(dirname(bad), { recursive: true })
  writeFileSync(bad, 'schema: 2')
  const reads = new ReadBundles()
  const scan = async () => (await scanFolder(dir, reads)) ?? assert.fail('the folder is there')
  const first = await scan()
  const second = await scan()
  assert.equal(second.bundles[0], first.bundles[0])
  assert.equal(second.rejected[0], first.rejected[0])
  appendFileSync(good, '\n')
  writeFileSync(bad, 'schema: 3')
  const third = await scan()
  assert.notEqual(third.bundles[0]?.digest, first.bundles[0]?.digest)
  assert.notEqual(third.rejected[0], first.rejected[0])
  rmSync(dirname(good), { recursive: true })
  assert.deepEqual((await scan()).bundles, [])
})
