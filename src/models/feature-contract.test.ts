import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { FeatureService } from '../features/feature-service.ts'
import { FeatureProofs } from '../features/proofs/feature-proofs.ts'
import { SeriesStore } from '../market/series-store.ts'
import { writeTrees } from '../../test/support/small-bundles.ts'
import { checkFeatureContract } from './feature-contract.ts'
import type { ManifestFile } from './manifest-file.ts'
import { readManifest } from './read-manifest.ts'

const clock = { now: () => 0, monotonic: () => 0 }
const features = new FeatureService({
  series: new SeriesStore({ clock, meter: noMeter }),
  clock,
  meter: noMeter,
  proofs: new FeatureProofs({ clock, codeVersion: 'test' }),
})

/** A bundle of these features, of which the second stands on line 4 of its manifest; `inputs` may say more, on line 5. */
function bundle(t: TestContext, second: string, more = ''): ManifestFile {
  const folder = mkdtempSync(join(tmpdir(), 'presage-contract-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const dir = writeTrees(folder, { name: 'forest', up: 0.7 })
  const { inputs: _, ...manifest } = JSON.parse(readFileSync(join(dir, 'model.yaml'), 'utf8')) as ManifestFile['manifest']
  const lines = [`{ "inputs": { "timeframe": "1m", "features":`, '  ["close@1m",', '', `   ${JSON.stringify(second)}]${more === '' ? '' : ','}`, `${more} },`]
  writeFileSync(join(dir, 'model.yaml'), `${lines.join('\n')}${JSON.stringify(manifest).slice(1)}\n`)
  return readManifest(dir)
}

test('a feature that there is not is told with its line', async (t) => {
  await assert.rejects(checkFeatureContract(bundle(t, 'rzi(14)@1m'), features), {
    code: 'unknown_feature',
    message: /^model\.yaml: line 4: \/inputs\/features\/1: "rzi\(14\)@1m": no such feature\. Did you mean rsi\(14\)@1m/,
  })
})

test('a range that a feature never has is told with its line', async (t) => {
  await assert.rejects(checkFeatureContract(bundle(t, 'rsi(14)@1m', '"ranges": { "rsi(14)@1m": [90, 10] }'), features), {
    code: 'validation_failed',
    message: 'model.yaml: line 5: /inputs/ranges: rsi(14)@1m is 0 to 100, never 90 to 10',
  })
})

test('in a manifest that takes long to parse a feature is told with its place alone: whoever is answered meanwhile would wait', async (t) => {
  const file = bundle(t, 'rzi(14)@1m')
  appendFileSync(join(file.dir, 'model.yaml'), '\n'.repeat(16_384))
  await assert.rejects(checkFeatureContract(file, features), {
    code: 'unknown_feature',
    message: /^model\.yaml: \/inputs\/features\/1: "rzi\(14\)@1m": no such feature/,
  })
})

test('where the manifest went meanwhile the feature is told without it', async (t) => {
  const file = bundle(t, 'rzi(14)@1m')
  rmSync(join(file.dir, 'model.yaml'))
  await assert.rejects(checkFeatureContract(file, features), { code: 'unknown_feature', message: /^"rzi\(14\)@1m": no such feature/ })
})
