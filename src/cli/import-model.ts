import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { loadConfig } from '../config/load-config.ts'
import { ServingError } from '../contracts/error.ts'
import { findPython, lackOf } from '../runtimes/python/find-python.ts'
import { packageFolder } from '../runtimes/python/python-command.ts'
import { type ConfigOptions, sourcesOf } from './config-options.ts'

/** Hands `presage models import` over to the Python package, with the Python of the workers; its exit code becomes that of this process. Throws `validation_failed` without one. */
export async function importModel(words: readonly string[], options: ConfigOptions): Promise<void> {
  const { python, data } = loadConfig(sourcesOf(options))
  const executable = findPython({ executable: python.executable, dataDir: resolve(data.dir) })
  if (executable === undefined)
    throw new ServingError(
      'validation_failed',
      'models import needs a Python that has the framework of the model: run `presage python setup`, or set python.executable (PRESAGE_PYTHON_EXECUTABLE) to the one you train with',
    )
  const lack = lackOf(executable)
  if (lack !== undefined) throw new ServingError('validation_failed', lack)
  const child = spawn(executable, ['-m', 'presage', ...words], { stdio: 'inherit', env: { ...process.env, PYTHONPATH: packageFolder } })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) process.exitCode = code ?? 1
}
