import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { declareSet } from '../../src/features/declared-set.ts'
import { pathOf } from '../support/pages.ts'
import { pythonOrSkip } from '../support/python.ts'

const run = promisify(execFile)

/** Makes the matrix one of this server's own feature definitions: its numbers are made up. */
function claimDefinitions(path: string): void {
  const about = JSON.parse(readFileSync(path, 'utf8')) as { ids: string[] }
  const { set } = declareSet({ timeframe: '1m', features: about.ids, window: 1, symbols: ['*'] })
  writeFileSync(path, JSON.stringify({ ...about, feature_set_digest: set.digest }))
}

type Failed = { readonly code: number; readonly stderr: string }

test('bundles of a graph of a window, static values, categories and float64 that Python saves and imports are served with their golden rows', async (t) => {
  const python = pythonOrSkip(t, ['numpy', 'onnx', 'onnxruntime', 'msgpack'])
  if (python === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'presage-several-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const env = {
    ...process.env,
    PYTHONPATH: [pathOf('python'), pathOf('python/tests')].join(delimiter),
    PYTHONDONTWRITEBYTECODE: '1',
    PRESAGE_PYTHON_EXECUTABLE: python,
  }
  const presage = (...words: string[]) => run(process.execPath, [pathOf('bin/presage.js'), 'models', ...words], { env, cwd: folder })

  const { stdout: inputs } = await run(python, [pathOf('test/e2e/support/save_several_inputs.py'), folder], { env })
  claimDefinitions(join(folder, 'matrix.csv.json'))
  const tensors = inputs.trim().split('\n')
  await presage(
    'import',
    'given.onnx',
    '--name',
    'imported',
    '--version',
    '1.0.0',
    '--matrix',
    'matrix.csv',
    '--window',
    '4',
    '--tensor',
    'p_up',
    '--tensors',
    ...tensors,
  )

  await t.test('presage models check reproduces every golden row, also where the numbers come from the formula and not from the graph', async () => {
    const { stdout } = await presage('check', 'models/saved/1.0.0', 'models/saved/2.0.0', 'models/imported/1.0.0')
    for (const bundle of ['saved 1.0.0', 'saved 2.0.0', 'imported 1.0.0']) assert.match(stdout, new RegExp(`^${bundle} +onnxruntime .* (\\d+)/\\1 `, 'm'))
  })

  await t.test('features that change places in the manifest are found by the golden rows', async () => {
    const manifest = join(folder, 'models/saved/1.0.0/model.yaml')
    const text = readFileSync(manifest, 'utf8')
    const exchanged = text.replace('"features": ["volume@1m", "close@1m"]', '"features": ["close@1m", "volume@1m"]')
    assert.notEqual(exchanged, text)
    writeFileSync(manifest, exchanged)
    await assert.rejects(presage('check', 'models/saved/1.0.0'), ({ code, stderr }: Failed) => code === 1 && /reproduces \d of 16 golden rows/.test(stderr))
  })
})
