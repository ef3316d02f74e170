import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { writeTrees } from '../../test/support/small-bundles.ts'
import type { FeatureSet, FeatureSetSpec } from '../contracts/features.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Manifest } from '../contracts/manifest.ts'
import type { ModelRuntime } from '../runtimes/runtime.ts'
import { TreesRuntime } from '../runtimes/trees/trees-runtime.ts'
import { digestOf } from './manifest-file.ts'
import { loadBundle, type LoadPhase } from './load-bundle.ts'
import { prepareHere } from './prepare-bundle.ts'
import { readManifest } from './read-manifest.ts'
import { sealBundle } from './seal-bundle.ts'

const clock = { now: () => 0, monotonic: () => 0 }
const digest = 'd'.repeat(64)
const features = {
  declare: (spec: FeatureSetSpec): FeatureSet => ({
    digest,
    ids: spec.features,
    spec,
    columnOf: new Map(),
    ranges: spec.features.map(() => ({ min: 0, max: 100 })),
  }),
  prove: () => Promise.resolve(),
}

type Sealing = { readonly anew?: boolean; readonly runtime?: ModelRuntime; readonly onPhase?: (phase: LoadPhase) => void }

async function seal(dir: string, { anew = false, runtime = new TreesRuntime(clock), onPhase = () => {} }: Sealing = {}) {
  const deps = { runtimes: [runtime], clock }
  const check = async (path: string) => {
    const { golden, runtime: model } = await loadBundle(
      readManifest(path),
      { ...deps, preparation: prepareHere, allowUnverified: false },
      { signal: AbortSignal.timeout(60_000), onPhase: () => {} },
    )
    await model.dispose()
    return golden?.reproduced
  }
  return sealBundle(dir, { ...deps, features, check, onPhase }, { anew })
}

/** A forest whose manifest says neither digests nor golden rows, after a comment; `golden` are the rows that it had. */
function draft(t: TestContext, change: Partial<Manifest> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'presage-seal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const dir = writeTrees(folder, { name: 'forest', up: 0.7 })
  const { files: _, golden: __, ...manifest } = JSON.parse(readFileSync(join(dir, 'model.yaml'), 'utf8')) as Manifest
  const golden = readFileSync(join(dir, 'golden.json'), 'utf8')
  rmSync(join(dir, 'golden.json'))
  writeFileSync(join(dir, 'model.yaml'), `# By hand.\n${JSON.stringify({ ...manifest, ...change })}\n`)
  return { dir, golden, text: () => readFileSync(join(dir, 'model.yaml'), 'utf8'), golden_json: () => readFileSync(join(dir, 'golden.json'), 'utf8') }
}

/** A runtime whose model gives one output for every row, by how many come together. */
const giving = (output: (rows: number) => number): ModelRuntime => ({
  kind: 'trees',
  load: async (): Promise<LoadedModel> => ({
    inputs: 3,
    outputs: 1,
    memoryBytes: 0,
    engine: 'made up',
    predict: async (_, count) => Float64Array.from({ length: count }, () => output(count)),
    dispose: () => Promise.resolve(),
  }),
})

test('what a manifest lacks is filled in: digests, golden rows of the model itself, the definitions of its features', async (t) => {
  const { dir, text } = draft(t)
  assert.deepEqual(await seal(dir), { files: ['model.txt', 'golden.json'], made: 32, checked: 32 })
  const { manifest } = readManifest(dir)
  assert.deepEqual(Object.keys(manifest.files), ['model.txt', 'golden.json'])
  assert.deepEqual([manifest.golden, manifest.inputs.feature_set_digest], ['golden.json', digest])
  assert.match(text(), /^# By hand\.\n/, 'what was written stays')
  assert.deepEqual(readdirSync(join(dir, '..')), ['1.0.0'], 'nothing is left beside it')
})

test('features that may be missing are missing in some golden rows', async (t) => {
  const { dir } = draft(t, { inputs: { timeframe: '1m', features: ['close@1m', 'volume@1m', 'rsi(14)@1m'], optional: ['volume@1m'] } })
  assert.deepEqual(await seal(dir), { files: ['model.txt', 'golden.json'], made: 35, checked: 35 })
})

test('golden rows that lie there are kept, and the model is held to them', async (t) => {
  const { dir, golden, golden_json } = draft(t, { golden: 'golden.json' })
  writeFileSync(join(dir, 'golden.json'), golden)
  assert.deepEqual(await seal(dir), { files: ['golden.json', 'model.txt'], made: 0, checked: 20 })
  assert.equal(golden_json(), golden)
})

test('a model that gives other answers is refused until its golden rows are made anew', async (t) => {
  const { dir, golden, text, golden_json } = draft(t, { golden: 'golden.json' })
  const wrong = golden.replaceAll('0.7', '0.6')
  writeFileSync(join(dir, 'golden.json'), wrong)
  const before = text()
  await assert.rejects(seal(dir), { code: 'model_verification_failed', message: 'golden row 0 says [0.6], the model answers [0.7] for [40000,1000,0]' })
  assert.deepEqual([text(), golden_json()], [before, wrong])
  assert.equal((await seal(dir, { anew: true })).made, 32)
  assert.equal(readManifest(dir).manifest.files['golden.json'], digestOf(Buffer.from(golden_json())))
})

const refusals: readonly (readonly [string, Partial<Manifest>, ModelRuntime | undefined, RegExp])[] = [
  ['answers that are no numbers', {}, giving(() => NaN), /^the model answers NaN for \[[\d.,]*\]; bring golden rows of your own/],
  [
    'a row that is answered in two ways',
    {},
    giving((rows) => (rows === 1 ? 0.6 : 0.7)),
    /^the model answers one row in two ways, \[0\.7\] among others and \[0\.6\] alone: \[[\d.,]*\]$/,
  ],
  ['a manifest with faults', { symbols: [] }, undefined, /^model\.yaml: line 2: \/symbols/],
  [
    'golden rows that are named and not there',
    { golden: '../golden.json' },
    undefined,
    /^model\.yaml names golden rows, \.\.\/golden\.json, which are not there/,
  ],
  [
    'an artefact that is not there',
    { artefact: { path: 'cod', format: 'lightgbm' } },
    undefined,
    /^artefact\.path of model\.yaml is cod, which is not in the folder$/,
  ],
  ['bins that are not there', { reference: 'bins.json' }, undefined, /^reference of model\.yaml is bins\.json, which is not in the folder$/],
  ['the name of another folder', { name: 'woods' }, undefined, /the folder must be woods\/1\.0\.0/],
]
for (const [what, change, runtime, says] of refusals)
  test(`${what} are refused, and the folder is as it was`, async (t) => {
    const { dir, text } = draft(t, change)
    const before = text()
    await assert.rejects(seal(dir, { ...(runtime && { runtime }) }), { code: 'model_verification_failed', message: says })
    assert.deepEqual([text(), readdirSync(dir), readdirSync(join(dir, '..'))], [before, ['model.txt', 'model.yaml'], ['1.0.0']])
  })

test('what is no YAML is refused with its fault', async (t) => {
  const { dir } = draft(t)
  for (const [text, says] of [
    ['a: [1', /^model\.yaml: Flow sequence/],
    ['5', /^model\.yaml: line 1: /],
    ['symbols: [*/USDT]', /^model\.yaml: line 1: the alias \*\/USDT has no meaning here/],
    [Buffer.from('# n\u00f6\n', 'latin1'), /^model\.yaml: it is not UTF-8: save it in that encoding$/],
  ] as const) {
    writeFileSync(join(dir, 'model.yaml'), text)
    await assert.rejects(seal(dir), { code: 'model_verification_failed', message: says })
  }
})

test('golden rows that lie there and are not named are never written over', async (t) => {
  const { dir, golden, golden_json } = draft(t)
  writeFileSync(join(dir, 'golden.json'), golden)
  await assert.rejects(seal(dir), {
    message: 'golden.json lies in the folder, but model.yaml does not name it: say golden: golden.json, or have rows made in its place with --anew',
  })
  assert.equal(golden_json(), golden)
})

test('golden rows may have another name, and are made anew under it', async (t) => {
  const { dir, golden } = draft(t, { golden: 'rows.json' })
  writeFileSync(join(dir, 'rows.json'), golden)
  assert.equal((await seal(dir)).made, 0)
  assert.equal((await seal(dir, { anew: true })).made, 32)
  assert.deepEqual(readdirSync(dir), ['model.txt', 'model.yaml', 'rows.json'])
})

test('a model is bound to the definitions of its features until it is sealed anew', async (t) => {
  const { dir } = draft(t, { inputs: { timeframe: '1m', features: ['close@1m', 'volume@1m', 'rsi(14)@1m'], feature_set_digest: 'e'.repeat(64) } })
  await assert.rejects(seal(dir), { code: 'feature_contract_mismatch', message: /changed its features or their ranges, seal it with --anew$/ })
  await seal(dir, { anew: true })
  assert.equal(readManifest(dir).manifest.inputs.feature_set_digest, digest)
})

test('nothing is written before the model is proven, so that a server that watches sees no half of it', async (t) => {
  const { dir, text } = draft(t)
  const before = text()
  const seen: string[] = []
  const runtime = giving(() => {
    seen.push(text(), ...readdirSync(dir))
    return 0.7
  })
  await seal(dir, { runtime })
  assert.deepEqual(new Set(seen.slice(0, 64 * 3)), new Set([before, 'model.txt', 'model.yaml']))
})

test('golden rows never take the place of the artefact, and a place that cannot be written is told', async (t) => {
  const { dir } = draft(t, { golden: 'model.txt' })
  const artefact = readFileSync(join(dir, 'model.txt'), 'utf8')
  await assert.rejects(seal(dir, { anew: true }), {
    message: 'golden of model.yaml is model.txt, which belongs to the artefact: give the rows a file of their own',
  })
  assert.equal(readFileSync(join(dir, 'model.txt'), 'utf8'), artefact)
  const other = draft(t, { golden: 'rows/golden.json' })
  const before = other.text()
  await assert.rejects(seal(other.dir, { anew: true }), { code: 'validation_failed', message: /rows\/golden\.json cannot be written \(ENOENT\)/ })
  assert.deepEqual([other.text(), readdirSync(other.dir)], [before, ['model.txt', 'model.yaml']])
})

test('whoever seals hears how far it is', async (t) => {
  const phases: LoadPhase[] = []
  await seal(draft(t).dir, { onPhase: (phase) => phases.push(phase) })
  assert.deepEqual([...new Set(phases)], ['loading', 'warming', 'verifying'])
})
