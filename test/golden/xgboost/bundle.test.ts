import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type LoadedBundle, loadBundle } from '../../../src/models/load-bundle.ts'
import { prepareHere } from '../../../src/models/prepare-bundle.ts'
import { readManifest } from '../../../src/models/read-manifest.ts'
import { TreesRuntime } from '../../../src/runtimes/trees/trees-runtime.ts'
import { systemClock } from '../../../src/system.ts'
import { pythonOrSkip } from '../../support/python.ts'

async function load(dir: string): Promise<LoadedBundle> {
  const deps = { runtimes: [new TreesRuntime(systemClock)], clock: systemClock, preparation: prepareHere, allowUnverified: false }
  return loadBundle(readManifest(dir), deps, { signal: AbortSignal.timeout(60_000), onPhase: () => {} })
}

test('bundles that presage.save makes of XGBoost models load, reproduce their golden rows, and run on the kernel', async (t) => {
  const python = pythonOrSkip(t, ['xgboost'])
  if (python === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'xgboost-bundles-'))
  t.after(() => rmSync(folder, { recursive: true }))
  execFileSync(python, [join(import.meta.dirname, 'make-bundles.py'), folder], { stdio: 'pipe' })
  for (const name of ['booster', 'dart', 'classifier']) {
    const { prepared, runtime, golden } = await load(join(folder, name, '1.0.0'))
    assert.equal(prepared.manifest.artefact.format, 'xgboost-ubj')
    assert.ok(golden !== undefined && golden.rows >= 16 && golden.reproduced === golden.rows, name)
    assert.equal(runtime.engine, name === 'classifier' ? 'wide' : 'bit-slab', 'few trees are walked')
    const row = prepared.golden!.inputs.slice(0, runtime.inputs)
    const out = new Float64Array(1)
    runtime.predictSync!(row, out)
    assert.ok(out[0]! > 0 && out[0]! < 1)
  }
})
