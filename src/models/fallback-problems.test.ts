import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { FeatureSet } from '../contracts/features.ts'
import { checkFeatureContract } from './feature-contract.ts'
import { readManifest } from './read-manifest.ts'

const example = fileURLToPath(new URL('../../examples/models/momentum/1.2.3', import.meta.url))

/** The manifest of momentum 1.2.3 with a chain of fallbacks from its first line on. */
function manifestWith(t: TestContext, ...steps: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'presage-fallback-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(example, folder, { recursive: true })
  const path = join(folder, 'model.yaml')
  writeFileSync(path, `fallback:\n${steps.map((step) => `  - ${step}\n`).join('')}${readFileSync(path, 'utf8')}`)
  return readManifest(folder).manifest
}

test('a chain of another version, another model, declared values and a signal is read', (t) => {
  const steps = [
    '{ model: momentum, version: previous, on: [unavailable, timeout] }',
    '{ values: { "rsi(14)@1m": 50 }, on: [warming] }',
    '{ model: baseline, version: v1.0.0 }',
    '{ signal: HOLD, confidence: 0.5 }',
  ]
  assert.deepEqual(
    manifestWith(t, ...steps).fallback?.map((step) => Object.keys(step)),
    [
      ['model', 'version', 'on'],
      ['values', 'on'],
      ['model', 'version'],
      ['signal', 'confidence'],
    ],
  )
})

const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['a step that names nothing known', ['{ modle: baseline }'], /line 2: \/fallback\/0 must say model, values, signal; did you mean model\?/],
  ['a step that does two things', ['{ model: baseline, signal: HOLD, confidence: 0.5 }'], /line 2: \/fallback\/0 says model and signal/],
  [
    'a key that is not a step’s',
    ['{ model: baseline, verison: stable }'],
    /line 2: \/fallback\/0\/verison has no meaning beside model; did you mean on or version\?/,
  ],
  [
    'a reason that is none',
    ['{ model: baseline }', '{ signal: HOLD, confidence: 0.5, on: [stail] }'],
    /line 3: \/fallback\/1\/on\/0 must be one of .* not "stail"; did you mean stale\?/,
  ],
  ['a signal without its confidence', ['{ signal: HOLD }'], /line 2: \/fallback\/0\/signal .*confidence/],
  ['a confidence that is none', ['{ signal: HOLD, confidence: 2 }'], /line 2: \/fallback\/0\/confidence must be <= 1/],
  ['text in place of a step', ['HOLD'], /line 2: \/fallback\/0 must be a step such as/],
  ['itself', ['{ model: baseline }', '{ model: momentum, version: 1.2.3 }'], /line 3: \/fallback\/1\/model leads back to momentum 1\.2\.3.*previous/],
  ['itself as latest', ['{ model: momentum }'], /leads back to momentum latest/],
  ['a label that does not exist', ['{ model: baseline, version: stabel }'], /\/version stabel is neither a version nor a label; did you mean stable/],
  ['a step twice', ['{ model: baseline }', '{ model: baseline, version: latest, on: [stale] }'], /line 3: \/fallback\/1 is step 1 again/],
  [
    'a step that is never reached',
    ['{ signal: HOLD, confidence: 0.5 }', '{ model: baseline }'],
    /line 3: \/fallback\/1 is never reached: the signal of step 1 always answers/,
  ],
  ['a value of no input', ['{ values: { "rsi(15)@1m": 50 } }'], /line 2: \/fallback\/0\/values names rsi\(15\)@1m, .*did you mean rsi\(14\)@1m/],
  [
    'values for what is not about features',
    ['{ values: { "rsi(14)@1m": 50 }, on: [timeout] }'],
    /values do not help where a model is timeout; values are for warming, stale/,
  ],
]
for (const [what, steps, message] of refusals)
  test(`a chain with ${what} is refused with its line`, (t) => {
    assert.throws(() => manifestWith(t, ...steps), { code: 'model_verification_failed', message })
  })

test('two models may be each other’s fallback: a chain is not followed into another', (t) => {
  assert.equal(manifestWith(t, '{ model: baseline }', '{ model: lstm_momentum_v1 }').fallback?.length, 2)
})

test('a value that the feature cannot have is refused when the model is loaded', async (t) => {
  const manifest = manifestWith(t, '{ values: { "rsi(14)@1m": 101 } }')
  const ids = manifest.inputs.features
  const set = { ids, digest: manifest.inputs.feature_set_digest, ranges: ids.map(() => ({ min: 0, max: 100 })) } as unknown as FeatureSet
  const features = { declare: () => set, prove: () => Promise.resolve() }
  await assert.rejects(checkFeatureContract({ dir: '', manifest }, features), {
    code: 'model_verification_failed',
    message: /declares rsi\(14\)@1m to be 101; it is 0 to 100/,
  })
})
