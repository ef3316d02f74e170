import { spawn } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { loadConfig } from '../config/load-config.ts'
import type { Config } from '../config/schema.ts'
import { ServingError } from '../contracts/error.ts'
import { scanFolder } from '../models/scan-folder.ts'
import { environmentFolder, findPython, lackOf } from '../runtimes/python/find-python.ts'
import type { Manifest } from '../contracts/manifest.ts'
import { type Framework, frameworksOf, onnxOnCuda, workerItself } from '../runtimes/python/frameworks.ts'
import { packageFolder } from '../runtimes/python/python-command.ts'
import { workingBubblewrap } from '../runtimes/python/sandbox.ts'
import { type ConfigOptions, sourcesOf, withConfigOptions } from './config-options.ts'
import { tableLines } from './table.ts'

type SetupOptions = ConfigOptions & { readonly python: string; readonly with?: readonly string[] }

/** Runs a program to its end and gives what it printed; `said` hears each line as it comes. Throws `internal` with the last lines of a failure. */
async function run(program: string, args: readonly string[], said: (line: string) => void = () => {}): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const errors: string[] = []
  const take = (to: string[]) => (line: string) => {
    to.push(line)
    said(line)
  }
  createInterface(child.stdout).on('line', take(lines))
  createInterface(child.stderr).on('line', take(errors))
  const { promise, resolve: ended, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', ended)
  const status = await promise.catch((error: unknown) => errors.push(String(error)))
  if (status === 0) return lines.join('\n')
  throw new ServingError('internal', `${program} ${args.slice(0, 3).join(' ')} failed:\n${errors.slice(-8).join('\n')}`)
}

const frameworksFor = ({ runtime, artefact, execution }: Manifest): readonly Framework[] => {
  if (runtime === 'python') return frameworksOf[artefact.format] ?? []
  return runtime === 'onnx' && execution?.device === 'cuda' ? [onnxOnCuda] : []
}

/** What the bundles on disk need, each once, with the models that need it. */
async function needed({ models }: Config): Promise<Map<string, { readonly framework: Framework; readonly by: string[] }>> {
  const needs = new Map([[workerItself.distribution, { framework: workerItself, by: [] as string[] }]])
  for (const { manifest } of (await scanFolder(models.dir))?.bundles ?? []) {
    for (const framework of frameworksFor(manifest)) {
      const need = needs.get(framework.distribution) ?? { framework, by: [] }
      needs.set(framework.distribution, need)
      need.by.push(`${manifest.name} ${manifest.version}`)
    }
  }
  return needs
}

const versionsProgram = `
import importlib.metadata as m, json, sys
def version(names):
    for name in names:
        try: return m.version(name)
        except m.PackageNotFoundError: pass
print(json.dumps({"python": sys.version.split()[0], "packages": {n: version([n, n + "-cpu"]) for n in sys.argv[1:]}}))
`

function versionWords(found: string | null | undefined, { version, extra }: Framework): string {
  if (found && (version === undefined || found === version)) return found
  return `${found ? `${found} instead of ${version}` : 'missing'}: presage python setup --with ${extra}`
}

type Versions = { readonly python: string; readonly packages: Readonly<Record<string, string | null>> }

async function status(options: ConfigOptions): Promise<void> {
  const config = loadConfig(sourcesOf(options))
  const executable = findPython({ executable: config.python.executable, dataDir: resolve(config.data.dir) })
  if (executable === undefined) throw new ServingError('validation_failed', 'There is no Python for workers yet: run `presage python setup`')
  const lack = lackOf(executable)
  if (lack !== undefined) throw new ServingError('validation_failed', lack)
  const needs = await needed(config)
  const { python, packages } = JSON.parse(await run(executable, ['-c', versionsProgram, ...needs.keys()])) as Versions
  const rows = [...needs].map(([name, { framework, by }]) => [name, versionWords(packages[name], framework), by.join(', ')])
  console.log(`Python ${python} at ${executable}`)
  console.log(
    `workers are kept apart by ${(await workingBubblewrap()) === undefined || config.python.sandbox === 'off' ? 'limits of their process' : 'bubblewrap'}`,
  )
  console.log(tableLines(['framework', 'version', 'needed by'], rows).join('\n'))
}

/** pip's lines that tell how far it is. */
const isProgress = (line: string): boolean => /^(Collecting|Installing|Successfully|Building) /.test(line)

async function installExtras(python: string, extras: readonly string[]): Promise<void> {
  // A copy, because pip builds inside the folder that it is given.
  const copy = await mkdtemp(join(tmpdir(), 'presage-python-'))
  try {
    await cp(packageFolder, copy, { recursive: true })
    const show = (line: string): void => {
      if (isProgress(line)) console.log(`  ${line.slice(0, 100)}`)
    }
    await run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', 'off', `${copy}[${extras.join(',')}]`], show)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function setup({ python: base, with: more = [], ...options }: SetupOptions): Promise<void> {
  const config = loadConfig(sourcesOf(options))
  const folder = environmentFolder(resolve(config.data.dir))
  await run(base, ['-c', 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}")'])
  console.log(`making ${folder}`)
  await run(base, ['-m', 'venv', folder])
  const extras = [...new Set([...[...(await needed(config)).values()].map(({ framework }) => framework.extra), ...more])]
  console.log(`installing ${extras.join(', ')}`)
  await installExtras(join(folder, 'bin', 'python'), extras)
  await status(options)
}

const examples = `
Examples:
  presage python setup                     what the bundles in models/ need, into var/python
  presage python setup --with sklearn tensorflow pytorch
  presage python status
`

/** Adds `presage python setup` and `presage python status`: the environment of the workers that serve models in their own framework. */
export function registerPython(program: Command): void {
  const python = program.command('python').description('the environment of Python workers').addHelpText('after', examples)
  withConfigOptions(python.command('setup'))
    .description('make a virtual environment in the data folder with the frameworks that the bundles on disk need')
    .option('--python <program>', 'Python 3.10 or newer to make it with', 'python3')
    .option('--with <extras...>', 'more extras: sklearn, skops, lightgbm, xgboost, tensorflow, pytorch, cuda (ONNX on a graphics card)')
    .action(setup)
  withConfigOptions(python.command('status')).description('which Python, which frameworks, and what the bundles on disk still lack').action(status)
}
