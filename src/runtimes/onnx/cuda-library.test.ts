import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { packageFolder } from '../python/python-command.ts'
import { cudaLibrary, onnxVersion } from './cuda-library.ts'

/** A Python with these files among its packages. */
function pythonWith(t: TestContext, ...files: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'presage-cuda-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const site = join(folder, 'lib', 'python3.12', 'site-packages')
  for (const file of files) {
    mkdirSync(dirname(join(site, file)), { recursive: true })
    writeFileSync(join(site, file), '')
  }
  return { executable: join(folder, 'bin', 'python'), site }
}

const cuda = 'onnxruntime/capi/libonnxruntime_providers_cuda.so'
const libraryOf = (version: string): string => `onnxruntime/capi/libonnxruntime.so.${version}`

test('the onnxruntime-gpu of a Python is loaded in place of the one without CUDA, with the libraries of NVIDIA that came with it', (t) => {
  const { executable, site } = pythonWith(t, cuda, libraryOf(onnxVersion), 'nvidia/cudnn/lib/libcudnn.so.9', 'nvidia/cu13/lib/libcublas.so.13', 'nvidia/readme')
  const folders = ['cu13', 'cudnn'].map((name) => join(site, 'nvidia', name, 'lib'))
  assert.deepEqual(cudaLibrary(executable), { env: { LD_PRELOAD: join(site, libraryOf(onnxVersion)) }, folders })
})

test('what is lacking is told: one of another version, or without CUDA, is none', (t) => {
  const told = (executable: string | undefined, lack: RegExp): void => {
    const library = cudaLibrary(executable)
    assert.deepEqual([library.env, library.folders], [{}, []])
    assert.match(String(library.lack), lack)
  }
  told(pythonWith(t, cuda, libraryOf('1.0.0')).executable, /bin\/python has no onnxruntime-gpu \d/)
  told(pythonWith(t, libraryOf(onnxVersion)).executable, /has no onnxruntime-gpu/)
  told('/nowhere/bin/python', /^\/nowhere\/bin\/python has no onnxruntime-gpu/)
  told(undefined, /^run `presage python setup --with cuda`$/)
  told('python3', /whole path/)
  told('/data of mine/bin/python', /without blanks/)
})

test('the version is that of the package', () => {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { readonly version: string }
  assert.equal(onnxVersion, version)
})

test('the extra cuda of the Python package brings that version', () => {
  const project = readFileSync(join(packageFolder, 'pyproject.toml'), 'utf8')
  assert.ok(project.includes(`onnxruntime-gpu[cuda,cudnn]==${onnxVersion};`), `python/pyproject.toml is to name onnxruntime-gpu ${onnxVersion}`)
})
