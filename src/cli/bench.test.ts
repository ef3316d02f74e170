import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Command } from 'commander'
import { modelText, stump } from '../trees/model-text.test-data.ts'
import { registerBench } from './bench.ts'

const folder = mkdtempSync(join(tmpdir(), 'bench-model-'))
after(() => rmSync(folder, { recursive: true }))
const momentum = new URL('../../examples/models/momentum/1.2.3', import.meta.url).pathname

const fileOf = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** What the command prints. */
async function bench(t: TestContext, ...words: string[]): Promise<string> {
  const printed = t.mock.method(console, 'log', () => {})
  const program = new Command('presage').exitOverride().configureOutput({ writeErr() {} })
  registerBench(program)
  for (const command of program.commands.flatMap((group) => [group, ...group.commands])) command.exitOverride().configureOutput({ writeErr() {} })
  await program.parseAsync(['bench', 'model', ...words, '--seconds', '0.02', '--batch', '32'], { from: 'user' })
  return printed.mock.calls.map(({ arguments: [text] }) => String(text)).join('\n')
}

test('a model file is told with its shape, its evaluator and its figures', async (t) => {
  const text = await bench(t, fileOf('model.txt', modelText([stump(), stump(), stump()])))
  assert.match(text, /^format +lightgbm$/m)
  assert.match(text, /^trees +3$/m)
  assert.match(text, /^leaves +6, 2 in the largest tree$/m)
  assert.match(text, /^features +2$/m)
  assert.match(text, /^evaluator +wide \(3 trees, the largest of 2 leaves, 1 byte columns: for so few trees.*\)$/m)
  for (const step of ['parse', 'compile', 'warm']) assert.match(text, new RegExp(`^${step} +[\\d.]+ ms$`, 'm'))
  for (const quantile of ['p50', 'p99', 'p99.9']) assert.match(text, new RegExp(`^one row, ${quantile} +[\\d.]+ µs$`, 'm'))
  assert.match(text, /^batch of 32 +[\d,]+ rows\/s$/m)
  assert.match(text, /^memory +[\d.]+ MB$/m)
})

test('a bundle is measured by its manifest, on golden rows where they are given', async (t) => {
  const text = await bench(t, momentum, '--rows', join(momentum, 'golden.json'))
  assert.match(text, /^trees +500$/m)
  assert.match(text, /^measured on +\d+ rows of .*golden\.json/m)
})

test('what cannot be measured is refused in words that say what is wanted', async (t) => {
  await assert.rejects(bench(t, join(folder, 'nowhere')), { code: 'validation_failed', message: /is not there; name a bundle folder .* or a model file/ })
  await assert.rejects(bench(t, folder), { code: 'model_verification_failed', message: /model\.yaml cannot be read/ })
  await assert.rejects(bench(t, fileOf('readme.md', '# no model')), { code: 'model_verification_failed', message: /no model of trees.*lightgbm: line 1/ })
  await assert.rejects(bench(t, momentum, '--rows', fileOf('rows.json', 'a,b')), { code: 'validation_failed', message: /rows\.json holds no golden rows/ })
  await assert.rejects(bench(t, momentum, '--rows', join(folder, 'no-rows.json')), { code: 'validation_failed', message: /no-rows\.json holds no golden rows/ })
  for (const batch of ['0', '1.5', '', 'many']) await assert.rejects(bench(t, momentum, '--batch', batch), /A whole number of rows from 1 to 100000/)
})
