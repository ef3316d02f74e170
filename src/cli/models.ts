import { basename, dirname, resolve } from 'node:path'
import { styleText } from 'node:util'
import { type Command } from 'commander'
import { ServingError } from '../contracts/error.ts'
import { checkBundle, checkColumns, checkKit } from './check-bundle.ts'
import { type ConfigOptions, withConfigOptions } from './config-options.ts'
import { defineImport } from './import-model.ts'
import { listModels } from './list-models.ts'
import { withPlace } from './placed-option.ts'
import { printable } from './printable.ts'
import { withKeyOptions } from './running-server.ts'
import { sealModel } from './seal-model.ts'
import { tableLines } from './table.ts'

async function check(paths: readonly string[], options: ConfigOptions): Promise<void> {
  const kit = await checkKit(options)
  const rows: string[][] = []
  const failures: string[] = []
  for (const path of paths) {
    try {
      rows.push(await checkBundle(path, kit))
    } catch (error) {
      if (!(error instanceof ServingError)) throw error
      failures.push(
        `${styleText('red', 'refused')} ${printable(`${basename(dirname(resolve(path)))}/${basename(resolve(path))}: ${error.message}`)}`,
        ...kit.printed.take(),
      )
    }
  }
  kit.features.close()
  if (rows.length > 0) console.log(tableLines(checkColumns, rows).join('\n'))
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
}

const examples = `
Examples:
  presage models list --url http://127.0.0.1:8080          what a server has; without --url, the bundles of a folder
  presage models check examples/models/*/*                 exit code 1 if the server would refuse one
  presage models seal models/rule/1.0.0                    complete a bundle that was written by hand
  presage models import model.joblib --name mine --version 1.0.0 --matrix matrix.csv
`
const sealExamples = `
Examples:
  presage models seal models/rule/1.0.0 --set models.modulePaths=models
  presage models seal models/rule/1.0.0 --anew     after a change: golden rows are made again

docs/model-manifest.md describes model.yaml.
`

/** Adds `presage models list`, `check`, `seal` and `import`: none needs a server. */
export function registerModels(program: Command): void {
  const models = program.command('models').enablePositionalOptions().description('list, verify and import bundles').addHelpText('after', examples)
  withPlace(withKeyOptions(models.command('list'), 'models:read'), 'models', 'folder with NAME/VERSION/model.yaml')
    .description('the bundles of a folder, or the models of a running server')
    .option('--url <url>', 'a running server, which also says status, proof, engine and protection')
    .action(listModels)
  withConfigOptions(models.command('check'))
    .description('load bundles as the server would: schema, digests, feature definitions, golden rows, explanations; exit code 1 if one is refused')
    .argument('<paths...>', 'bundle folders, e.g. examples/models/*/*')
    .action(check)
  withConfigOptions(models.command('seal'))
    .description('complete a bundle that was written by hand: golden rows that the model answers now, SHA-256 of every file; then check it')
    .argument('<path>', 'bundle folder NAME/VERSION with a model.yaml without `files`')
    .option('--anew', 'make golden rows again, where model.yaml names some', false)
    .addHelpText('after', sealExamples)
    .action(sealModel)
  defineImport(models.command('import'))
}
