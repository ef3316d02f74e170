import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type ArtefactFormat, unsafeFormats } from '../../src/contracts/artefact-formats.ts'
import { frameworksOf } from '../../src/runtimes/python/frameworks.ts'
import { pythonOrSkip } from '../support/python.ts'
import { writeBundle } from '../support/write-bundle.ts'
import { startServer } from './support/start-server.ts'

const every = ['numpy', 'msgpack']

/** An environment of its own with what every worker needs, and no framework: as after `presage python setup` before the bundle came. */
function bareEnvironment(t: TestContext, python: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-bare-'))
  t.after(() => rmSync(folder, { recursive: true }))
  execFileSync(python, ['-m', 'venv', '--without-pip', folder])
  const bare = join(folder, 'bin', 'python')
  const print = (executable: string, code: string): string => execFileSync(executable, ['-c', code], { encoding: 'utf8' }).trim()
  const to = print(bare, 'import site; print(site.getsitepackages()[0])')
  for (const name of every) {
    const module = dirname(print(python, `import importlib.util; print(importlib.util.find_spec('${name}').origin)`))
    for (const part of [name, `${name}.libs`]) if (existsSync(join(dirname(module), part))) symlinkSync(join(dirname(module), part), join(to, part))
  }
  return bare
}

const nameOf = (format: string): string => format.replaceAll('-', '_')
const fileOf = (format: string): string => (format === 'tensorflow-savedmodel' ? 'model/saved_model.pb' : format === 'keras' ? 'model.keras' : 'model')

test('a framework that the Python of the workers lacks is named with the command that brings it, in every format', async (t) => {
  const python = pythonOrSkip(t, every)
  if (python === undefined) return
  const models = mkdtempSync(join(tmpdir(), 'presage-models-'))
  t.after(() => rmSync(models, { recursive: true }))
  const formats = Object.keys(frameworksOf) as ArtefactFormat[]
  for (const format of formats)
    writeBundle(models, {
      files: { [fileOf(format)]: 'is not even read' },
      manifest: { name: nameOf(format), runtime: 'python', artefact: { path: fileOf(format).split('/')[0]!, format } },
      answer: () => [0.5, 0.5],
    })
  const settings = { 'models.dir': models, 'models.eager': '', 'models.allowUnsafeFormats': 'true', routes: '[]' }
  // Its modules are links to another environment, which a box would not show.
  const { client } = await startServer(t, { ...settings, 'python.sandbox': 'off', 'python.executable': bareEnvironment(t, python) })
  assert.ok(formats.length >= 9 && formats.some((format) => unsafeFormats.includes(format)))
  for (const format of formats) {
    const { body } = await client.post(`/models/${nameOf(format)}/versions/1.0.0/load`)
    assert.equal(body.code, 'model_verification_failed', JSON.stringify(body))
    assert.match(
      body.detail,
      /^\S+ cannot be imported in \S+\/bin\/python \(No module named '\w+'\): run `presage python setup`, or, where python\.executable names this Python, install it there$/,
    )
    const version = (await client.get(`/models/${nameOf(format)}/versions/1.0.0`)).body
    assert.deepEqual([version.status, version.reason], ['failed', body.detail])
    const asked = await client.post('/predict', { symbol: 'BTC/USDT', model: nameOf(format), features: { price: 1, volume: 1, rsi: 50 } })
    assert.equal(asked.body.code, 'model_unavailable')
    assert.ok(asked.body.detail.endsWith(body.detail))
  }
})
