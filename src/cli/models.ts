import { basename, dirname, resolve } from 'node:path'
import { styleText } from 'node:util'
import { type Command } from 'commander'
import { readConfig } from '../config/load-config.ts'
import { ServingError } from '../contracts/error.ts'
import { noMeter } from '../contracts/meter.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { FeatureService } from '../features/feature-service.ts'
import { loadFeatureModules } from '../features/modules/load-feature-modules.ts'
import { FeatureProofs } from '../features/proofs/feature-proofs.ts'
import { SeriesStore } from '../market/series-store.ts'
import { checkFeatureContract } from '../models/feature-contract.ts'
import { type LoadedBundle, loadBundle } from '../models/load-bundle.ts'
import { prepareHere } from '../models/prepare-bundle.ts'
import { readManifest } from '../models/read-manifest.ts'
import { misplaced } from '../models/scan-folder.ts'
import type { ModelRuntime } from '../runtimes/runtime.ts'
import { checkExplanations, type ExplanationCheck } from '../runtimes/trees/check-explanations.ts'
import { systemClock } from '../system.ts'
import { type ConfigOptions, sourcesOf, withConfigOptions } from './config-options.ts'
import { quietRuntimes } from './quiet-runtimes.ts'
import { importModel } from './import-model.ts'
import { listModels } from './list-models.ts'
import { withKeyOptions } from './running-server.ts'
import { tableLines } from './table.ts'

const columns = ['bundle', 'engine', 'golden rows', 'largest error', 'explained', 'adds up within', 'memory', 'load', 'digest']
const patience = 120_000

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

function rowOf({ prepared, runtime, golden }: LoadedBundle, explained: ExplanationCheck | undefined, ms: number): string[] {
  const { name, version } = prepared.manifest
  const proof = golden ? [`${golden.reproduced}/${golden.rows}`, golden.maxAbsError.toExponential(1)] : ['none', '']
  const sums = explained ? [`${explained.rows}`, explained.largestError.toExponential(1)] : ['none', '']
  return [`${name} ${version}`, runtime.engine, ...proof, ...sums, megabytes(runtime.memoryBytes), `${ms.toFixed(0)} ms`, prepared.digest.slice(0, 12)]
}

/** Loads one bundle as the server would, and gives its row of the table. Throws what loading throws. */
async function checkBundle(
  path: string,
  { runtimes, catalogue }: { readonly runtimes: readonly ModelRuntime[]; readonly catalogue: Catalogue },
): Promise<string[]> {
  const proofs = new FeatureProofs({ clock: systemClock, codeVersion: process.version })
  const series = new SeriesStore({ clock: systemClock, meter: noMeter })
  const features = new FeatureService({ series, clock: systemClock, meter: noMeter, proofs, catalogue })
  const started = performance.now()
  const file = readManifest(path)
  const reason = misplaced(file, path)
  if (reason !== undefined) throw new ServingError('model_verification_failed', reason)
  const loaded = await loadBundle(
    file,
    { runtimes, clock: systemClock, preparation: prepareHere, allowUnverified: false },
    { signal: AbortSignal.timeout(patience), onPhase: () => {} },
  )
  try {
    const { prepared, runtime } = loaded
    await checkFeatureContract(prepared.manifest, features)
    const ms = performance.now() - started
    const rows = prepared.golden?.inputs ?? new Float64Array(0)
    const deadline = { at: systemClock.monotonic() + patience, signal: AbortSignal.timeout(patience) }
    return rowOf(loaded, await checkExplanations({ spec: prepared.spec, runtime }, rows, deadline), ms)
  } finally {
    await loaded.runtime.dispose()
    features.close()
  }
}

async function check(paths: readonly string[], options: ConfigOptions): Promise<void> {
  const runtimes = quietRuntimes(options)
  const catalogue = await loadFeatureModules(readConfig(sourcesOf(options)).config.features.modulePaths)
  const rows: string[][] = []
  const failures: string[] = []
  for (const path of paths) {
    try {
      rows.push(await checkBundle(path, { runtimes, catalogue }))
    } catch (error) {
      if (!(error instanceof ServingError)) throw error
      failures.push(`${styleText('red', 'refused')} ${basename(dirname(resolve(path)))}/${basename(resolve(path))}: ${error.message}`)
    }
  }
  if (rows.length > 0) console.log(tableLines(columns, rows).join('\n'))
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
}

const examples = `
Examples:
  presage models list --url http://127.0.0.1:8080          what a server has; without --url, the bundles of a folder
  presage models check examples/models/*/*                 exit code 1 if the server would refuse one
  presage models import model.joblib --name mine --version 1.0.0 --matrix matrix.csv
`

/** Adds `presage models list`, `presage models check PATH…` and `presage models import PATH`: none needs a server. */
export function registerModels(program: Command): void {
  const models = program.command('models').enablePositionalOptions().description('list, verify and import bundles').addHelpText('after', examples)
  withKeyOptions(models.command('list'), 'models:read')
    .description('the bundles of a folder, or the models of a running server')
    .option('--models <dir>', 'folder with NAME/VERSION/model.yaml', 'examples/models')
    .option('--url <url>', 'a running server, which also says status, proof, engine and protection')
    .action(listModels)
  withConfigOptions(models.command('check'))
    .description('load bundles as the server would: schema, digests, feature definitions, golden rows, explanations; exit code 1 if one is refused')
    .argument('<paths...>', 'bundle folders, e.g. examples/models/*/*')
    .action(check)
  models
    .command('import')
    .description('make a bundle of a saved model and an exported matrix, with the Python package; `presage models import --help` names its options')
    .argument('<words...>', 'PATH --name NAME --version VERSION --matrix FILE, and more')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(importModel)
}
