import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { quietRuntimes } from '../../../src/cli/quiet-runtimes.ts'
import { loadBundle } from '../../../src/models/load-bundle.ts'
import { PrepareThread } from '../../../src/models/prepare-thread.ts'
import { systemClock as clock } from '../../../src/system.ts'
import { pathOf } from '../../support/pages.ts'

const room = mkdtempSync(join(tmpdir(), 'presage-examples-'))
after(() => rmSync(room, { recursive: true }))
const patience = 240_000

/** The matrix that all examples train on, exported by whichever test comes first. */
function matrixBy(python: string): string {
  const matrix = join(room, 'matrix.csv')
  if (!existsSync(matrix)) {
    const code = 'import sys, pathlib; from urth import exported; exported(pathlib.Path(sys.argv[1]))'
    execFileSync(python, ['-c', code, matrix], { stdio: 'pipe', env: { ...process.env, PYTHONPATH: pathOf('examples') } })
  }
  return matrix
}

/** Loads a bundle as the server would, with all of its golden rows, which the training framework gave; its name, runtime and format. */
async function served(dir: string, executable: string) {
  const runtimes = quietRuntimes({ set: { 'python.executable': executable, 'models.allowUnsafeFormats': 'true' } })
  const options = { signal: AbortSignal.timeout(patience), onPhase: () => {} }
  const { prepared, runtime, golden } = await loadBundle(
    { dir, digest: undefined },
    { runtimes, clock, thread: new PrepareThread(), allowUnverified: false },
    options,
  )
  await runtime.dispose()
  const { manifest } = prepared
  assert.equal(golden?.reproduced, golden?.rows, `${manifest.name} answers its golden rows as its framework does`)
  return [manifest.name, manifest.runtime, manifest.artefact.format]
}

/** A script of examples/ and who runs it. */
type Run = { readonly script: string; readonly python: string | undefined }

/** Trains an example for a moment, serves what it saved, and holds names, runtimes and formats to those wanted; without a Python it does nothing. */
export async function checkExample(t: TestContext, { script, python }: Run, wanted: readonly (readonly string[])[]): Promise<void> {
  if (python === undefined) return
  const models = mkdtempSync(join(room, 'models-'))
  const words = [pathOf(`examples/${script}`), '--quick', '--matrix', matrixBy(python), '--models', models]
  const { stdout } = await promisify(execFile)(python, words, { timeout: patience, env: { ...process.env, OMP_NUM_THREADS: '1' } })
  t.diagnostic(stdout)
  const found = []
  for (const name of readdirSync(models).toSorted()) found.push(await served(join(models, name, '1.0.0'), python))
  assert.deepEqual(found, wanted)
}
