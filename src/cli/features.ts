import type { Command } from 'commander'
import { catalogueEntries } from '../features/catalogue.ts'
import { checkSets } from './check-sets.ts'
import { catalogueOf, type ModuleOptions, withModules } from './feature-options.ts'
import { registerFeaturesBackfill } from './features-backfill.ts'
import { registerFeaturesDiff } from './features-diff.ts'
import { registerFeaturesExport } from './features-export.ts'
import { registerFeaturesVerify } from './features-verify.ts'

async function printCatalogue(options: ModuleOptions): Promise<void> {
  const entries = catalogueEntries(await catalogueOf(options))
  const wide = Math.max(...entries.map(({ example }) => example.length))
  const lines = entries.map(({ example, warmUp, summary }) => `${example.padEnd(wide)}  ${`${warmUp.settled} bars`.padStart(13)}  ${summary}`)
  process.stdout.write(`${[`${'feature'.padEnd(wide)}  settled after  what it is`, ...lines].join('\n')}\n`)
}

const examples = `
Examples:
  presage features list                                                  every feature, with the bars that it warms up for
  presage features check features/momentum.yaml                          what a declared set resolves to, or what is wrong with it
  presage features check --modules features/efficiency.ts                modules of one's own, tried and proven
  presage features export --help                                         training rows; also backfill (vectors) and verify (what was served)
  presage features diff bars.csv var/market/bars.log --symbol BTC/USDT --timeframe 1m --features "close@1m,rsi(14)@1m"
`

/** `presage features`: list the catalogue, check declared sets, export a training matrix, compare two series, verify what was served. */
export function registerFeatures(program: Command): void {
  const features = program.command('features').description('the catalogue of features, and training data made with it').addHelpText('after', examples)
  withModules(features.command('list')).description('print every feature with its warm-up').action(printCatalogue)
  withModules(features.command('check'))
    .description('check declared sets, prove their features and print what they resolve to; without files, check the modules alone')
    .argument('[files...]', 'YAML files')
    .action(checkSets)
  registerFeaturesBackfill(features)
  registerFeaturesExport(features)
  registerFeaturesDiff(features)
  registerFeaturesVerify(features)
}
