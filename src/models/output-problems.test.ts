import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '../contracts/manifest.ts'
import { readManifest } from './read-manifest.ts'

const examples = fileURLToPath(new URL('../../examples/models', import.meta.url))

/** The example with one block of its manifest said otherwise; the block begins on its line 1 and is written as one line. */
function readWith(t: TestContext, block: string, said: object): Manifest {
  const folder = mkdtempSync(join(tmpdir(), 'presage-output-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(join(examples, 'momentum/1.2.3'), folder, { recursive: true })
  const path = join(folder, 'model.yaml')
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(new RegExp(`^${block}:.*\\n(?: .*\\n)*`, 'm'), `${block}: ${JSON.stringify(said)}\n`)
  assert.notEqual(changed, text)
  writeFileSync(path, changed)
  return readManifest(folder).manifest
}
const binary = { kind: 'binary', classes: ['down', 'up'] }
const refuses = (t: TestContext, [block, said]: readonly [string, object], message: RegExp): void =>
  assert.throws(() => readWith(t, block, said), { code: 'model_verification_failed', message })

test('every example is taken as it is', () => {
  const folders = readdirSync(examples).flatMap((name) => readdirSync(join(examples, name)).map((version) => join(examples, name, version)))
  assert.ok(folders.map((folder) => readManifest(folder)).length > 3)
})

const tables: readonly (readonly [string, readonly number[], readonly number[], RegExp | undefined])[] = [
  ['tables whose lists differ in length', [0.4, 0.5, 0.6], [0.4, 0.5], /line \d+: \S*\/(success|y) must have as many knots as \S+, 3, not 2$/],
  ['knots that fall', [0.6, 0.4], [0.4, 0.5], /line \d+: \S*\/(probability|x)\/1 must be above the knot before it, 0\.6, not 0\.4: knots rise$/],
  ['knots that stand twice', [0.4, 0.4], [0.4, 0.5], /\/(probability|x)\/1 must be above the knot before it/],
  ['chances above 1', [0.4, 0.6], [0.4, 5], /\/(success|y)\/1 must be a probability between 0 and 1, not 5$/],
  ['chances below 0', [0.4, 0.6], [-0.1, 0.4], /\/(success|y)\/0 must be a probability between 0 and 1, not -0\.1$/],
  ['knots that fit', [0, 1], [0.5, 0.5], undefined],
  ['amounts beyond 1 as knots', [0.4, 12], [0.4, 0.5], undefined],
]
for (const [what, x, y, message] of tables)
  for (const [where, output] of Object.entries({
    'the reliability': { reliability: { full: { probability: x, success: y } } },
    'the reliability without optional inputs': { reliability: { full: { probability: [0, 1], success: [0, 1] }, partial: { probability: x, success: y } } },
    'an isotonic calibration': { calibration: { kind: 'isotonic', x, y } },
  }))
    test(`${what} are ${message ? 'refused with their line' : 'taken'} in ${where}`, (t) => {
      const said = { ...binary, ...output }
      if (message) refuses(t, ['output', said], message)
      else assert.deepEqual(readWith(t, 'output', said).output, said)
    })
