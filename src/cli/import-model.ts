import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, Help, Option } from 'commander'
import { loadConfig } from '../config/load-config.ts'
import { ServingError } from '../contracts/error.ts'
import { findPython, lackOf } from '../runtimes/python/find-python.ts'
import { packageFolder } from '../runtimes/python/python-command.ts'
import { type ConfigOptions, sourcesOf, withConfigOptions } from './config-options.ts'

const optionsFile = join(packageFolder, 'presage', 'import_options.json')

/** What the Python package says of the words that it takes: `path`, and its options with their values. */
function wordsTaken(): { readonly path: string; readonly options: readonly Option[] } {
  const { path = '', ...options } = JSON.parse(readFileSync(optionsFile, 'utf8')) as Readonly<Record<string, string>>
  return { path, options: Object.entries(options).map(([flags, text]) => new Option(flags, text)) }
}

/** Describes `presage models import`: its words are the Python package's to read, and its help needs no Python. */
export function defineImport(command: Command): void {
  const { path, options } = wordsTaken()
  withConfigOptions(command)
    .description('make a bundle of a saved model and an exported matrix, with the Python package')
    .argument('<path>', path)
    .configureHelp({ visibleOptions: (self) => [...options, ...new Help().visibleOptions(self)] })
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_path: string, given: ConfigOptions, { args }: Command) => importModel(args, given))
}

/** Hands the words over to the Python package, with the Python of the workers; its exit code becomes that of this process. Throws `validation_failed` without one. */
async function importModel(words: readonly string[], options: ConfigOptions): Promise<void> {
  const { python, data, models } = loadConfig(sourcesOf(options))
  const executable = findPython({ executable: python.executable, dataDir: resolve(data.dir) })
  if (executable === undefined)
    throw new ServingError(
      'validation_failed',
      'models import needs a Python that has the framework of the model: run `presage python setup`, or set python.executable (PRESAGE_PYTHON_EXECUTABLE) to the one you train with',
    )
  const lack = lackOf(executable)
  if (lack !== undefined) throw new ServingError('validation_failed', lack)
  const child = spawn(executable, ['-m', 'presage', ...words], {
    stdio: 'inherit',
    env: { ...process.env, PYTHONPATH: packageFolder, PRESAGE_MODELS_DIR: models.dir },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) process.exitCode = code ?? 1
}
