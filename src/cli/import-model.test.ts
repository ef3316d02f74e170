import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'import-model-'))
after(() => rmSync(folder, { recursive: true }))
const bin = fileURLToPath(new URL('../../bin/presage.js', import.meta.url))

/** `presage models import` in an empty folder, with a Python that only says what it was asked. */
function run(words: readonly string[], env: Readonly<Record<string, string>>): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'models', 'import', ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  return { code: status, out: stdout, err: stderr }
}

const python = join(folder, 'python')
writeFileSync(python, '#!/bin/sh\necho "$PYTHONPATH" | grep -q python$ && echo "$@"\nexit 3\n', { mode: 0o755 })

test('every word goes to the Python package, also those that are options of presage, and its exit code comes back', () => {
  const words = ['model.txt', '--name', 'mine', '--version', '1.2.3', '--optional', 'macd(12,26,9)@1m,tod_sin']
  const { code, out } = run(words, { PRESAGE_PYTHON_EXECUTABLE: python })
  assert.equal(out.trim(), `-m presage ${words.join(' ')}`)
  assert.equal(code, 3)
})

test('the Python may be set on the line or in a file, before what goes to it or among it', () => {
  const words = ['--name', 'mine', 'model.txt', '--tensors', 'a=b', 'c=d']
  writeFileSync(join(folder, 'mine.yaml'), `python: { executable: ${python} }\n`)
  for (const given of [
    ['--set', `python.executable=${python}`, ...words],
    [...words.slice(0, 3), '--config', join(folder, 'mine.yaml'), ...words.slice(3)],
    [...words, `--set=python.executable=${python}`],
  ])
    assert.deepEqual(run(given, {}), { code: 3, out: `-m presage ${words.join(' ')}\n`, err: '' })
  assert.match(run(['model.txt', '--set', 'python.executible=x'], {}).err, /python\.execut/)
})

test('its help needs no Python, and names what the package takes beside what every command does', () => {
  const { code, out, err } = run(['--help'], {})
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^Usage: presage models import \[options\] <path>\n/)
  for (const flags of ['--name <name>', '--tensors <inputs...>', '--config <file>', '--set <path=value>', '-h, --help'])
    assert.ok(out.includes(`\n  ${flags} `), flags)
})

test('the bundle goes where the server of these settings looks for models', () => {
  const told = join(folder, 'told')
  writeFileSync(told, '#!/bin/sh\n[ "$2" = -m ] || echo "$PRESAGE_MODELS_DIR"\n', { mode: 0o755 })
  writeFileSync(join(folder, 'elsewhere.yaml'), `models: { dir: /srv/models }\npython: { executable: ${told} }\n`)
  const words = ['model.txt', '--name', 'mine']
  assert.equal(run([...words, '--config', join(folder, 'elsewhere.yaml')], {}).out, '/srv/models\n')
  assert.equal(run(words, { PRESAGE_PYTHON_EXECUTABLE: told }).out, 'models\n')
})

test('without a Python it says how to get one', () => {
  const { code, err } = run(['model.txt'], {})
  assert.match(err, /run `presage python setup`, or set python\.executable/)
  assert.equal(code, 1)
})
