import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { pathOf } from './pages.ts'

const interpreter = process.env.TEST_PYTHON ?? pathOf('.venv/bin/python')
const howTo =
  'python3 -m venv .venv && .venv/bin/pip install -r python/requirements-ci.txt; PyTorch, Keras and TensorFlow: -r python/requirements-frameworks.txt as well'

/** In CI everything is there, so what is missing is a fault; elsewhere the test is skipped by name. */
export function skipOrFail(t: TestContext, missing: string): undefined {
  if (process.env.CI) throw new Error(`${missing}: CI runs every test`)
  t.skip(missing)
  return undefined
}

// Looked up, not imported: importing PyTorch and TensorFlow takes longer than most tests.
const missingModules = `
import importlib.util, sys
missing = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
sys.exit(f"no Python module {', '.join(missing)}" if missing else 0)
`

/** Path of a Python that has the modules; without it the test is skipped with a line that says what is missing (in CI it fails), and the answer is undefined. */
export function pythonOrSkip(t: TestContext, modules: readonly string[]): string | undefined {
  if (!existsSync(interpreter)) return skipOrFail(t, `no Python environment (${howTo})`)
  const { status, stderr } = spawnSync(interpreter, ['-c', missingModules, ...modules], { encoding: 'utf8' })
  return status === 0 ? interpreter : skipOrFail(t, `${stderr.trim().split('\n').at(-1)} (${howTo})`)
}

/** Path of a file that is not part of the repository; without it the test is skipped by name (in CI it fails), and the answer is undefined. */
export function fileOrSkip(t: TestContext, file: string, howTo?: string): string | undefined {
  return existsSync(file) ? file : skipOrFail(t, `${file} is not there${howTo === undefined ? '' : ` (${howTo})`}`)
}

/** True if a program can be started; without it the test is skipped by name (in CI it fails). */
export function programOrSkip(t: TestContext, program: string): boolean {
  const found = spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
  if (!found) skipOrFail(t, `the program ${program} is not installed`)
  return found
}
