import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pythonOrSkip } from '../../test/support/python.ts'
import { TreesRuntime } from '../runtimes/trees/trees-runtime.ts'
import { type LoadedBundle, loadBundle } from './load-bundle.ts'
import { prepareHere } from './prepare-bundle.ts'
import { readManifest } from './read-manifest.ts'

const zoo = fileURLToPath(new URL('../../test/golden/sklearn', import.meta.url))
const names = ['forest', 'extra_trees', 'boosting', 'histogram']
const clock = { now: () => Date.now(), monotonic: () => performance.now() }

const load = async (dir: string): Promise<LoadedBundle> => {
  const deps = { runtimes: [new TreesRuntime(clock)], clock, preparation: prepareHere, allowUnverified: false }
  return loadBundle(readManifest(dir), deps, { signal: AbortSignal.timeout(60_000), onPhase: () => {} })
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-sklearn-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function checkBundles(folder: string): Promise<void> {
  for (const name of names) {
    const { prepared, runtime, golden } = await load(join(folder, name, '1.0.0'))
    assert.deepEqual([prepared.manifest.artefact.format, runtime.inputs, runtime.outputs], ['sklearn-trees', 3, 1], name)
    assert.ok(golden !== undefined && golden.rows >= 16 && golden.reproduced === golden.rows, name)
    assert.ok(golden.maxAbsError <= 1e-15, `${name}: ${golden.maxAbsError}`)
  }
}

test('bundles of scikit-learn ensembles load and reproduce what scikit-learn itself gave for their golden rows', () => checkBundles(join(zoo, 'bundles')))

test('bundles that presage.save writes now load as well', async (t) => {
  const python = pythonOrSkip(t, ['sklearn'])
  if (python === undefined) return
  const folder = temporary(t)
  execFileSync(python, [join(zoo, 'make-bundles.py'), folder], { stdio: 'pipe' })
  await checkBundles(folder)
})

/** A bundle whose trees were changed after it was saved, with the digest of what they are now. */
function changed(t: TestContext, change: (trees: string) => string): string {
  const folder = temporary(t)
  cpSync(join(zoo, 'bundles/forest/1.0.0'), folder, { recursive: true })
  const [trees, manifest] = [join(folder, 'trees.json'), join(folder, 'model.yaml')]
  const digest = (): string => createHash('sha256').update(readFileSync(trees)).digest('hex')
  const before = digest()
  writeFileSync(trees, change(readFileSync(trees, 'utf8')))
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(before, digest()))
  return folder
}

test('trees that the format does not allow are refused with the tree', async (t) => {
  const folder = changed(t, (trees) => trees.replace('"left":[1', '"left":[0'))
  await assert.rejects(load(folder), { code: 'model_verification_failed', message: /\(sklearn-trees\) cannot be used: tree 0: node 0 is reached twice/ })
})

test('other trees than those that were saved are refused by their golden rows', async (t) => {
  const folder = changed(t, (trees) => trees.replace('"average":true', '"average":false'))
  await assert.rejects(load(folder), { code: 'model_verification_failed', message: /forest 1\.0\.0 reproduces 0 of \d+ golden rows/ })
})
