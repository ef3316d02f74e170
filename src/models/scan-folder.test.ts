import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { scanFolder } from './scan-folder.ts'

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
