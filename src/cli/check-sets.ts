import { ServingError } from '../contracts/error.ts'
import type { FeatureSetSpec } from '../contracts/features.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { ownCatalogue } from '../features/catalog/index.ts'
import { type DeclaredSet, declareSet } from '../features/declared-set.ts'
import { proveFeature } from '../features/proofs/prove.ts'
import { loadSet } from '../features/set-folder.ts'
import { catalogueOf, type ModuleOptions } from './feature-options.ts'
import { tableLines } from './table.ts'

/** What a set resolves to, a line for each column. */
function printSet({ name, timeframe, features, labels, window, symbols }: FeatureSetSpec, { definitions, set }: DeclaredSet): void {
  const rows = features.map((id, column) => {
    const { warmUp, range } = definitions[column] as DeclaredSet['definitions'][number]
    return [labels?.[column] ?? '', id, `${warmUp.settled} bars`, `${range.min} … ${range.max}`]
  })
  const lines = tableLines(['name', 'feature', 'settled after', 'range'], rows)
  process.stdout.write(
    [`${name ?? ''} on ${timeframe}, window ${window}, for ${symbols.join(', ')}`, ...lines, `feature_set_digest ${set.digest}`, ''].join('\n'),
  )
}

function prove({ definitions }: DeclaredSet): void {
  for (const definition of definitions) {
    const steps = proveFeature(definition)
    while (steps.next().done !== true);
  }
}

function checkSet(file: string, catalogue: Catalogue): void {
  const spec = loadSet(file, { catalogue })
  const declared = declareSet(spec, catalogue)
  prove(declared)
  printSet(spec, declared)
}

/** Checks modules and declared sets as a start of the server would, proofs included, and prints what the sets resolve to, and then throws what is wrong with the others: `validation_failed`, `feature_contract_mismatch`. */
export async function checkSets(files: readonly string[], options: ModuleOptions): Promise<void> {
  const catalogue = await catalogueOf(options)
  const refusals: ServingError[] = []
  for (const file of files) {
    try {
      checkSet(file, catalogue)
    } catch (error) {
      if (!(error instanceof ServingError)) throw error
      refusals.push(error)
    }
  }
  const [first] = refusals
  if (first) throw refusals.length === 1 ? first : new ServingError(first.code, refusals.map(({ message }) => message).join('\n'))
  const own = [...catalogue.keys()].filter((name) => !ownCatalogue.has(name))
  if (files.length === 0) process.stdout.write(`Sound: ${own.join(', ') || 'there are no modules'}\n`)
}
