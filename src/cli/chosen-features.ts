import type { FeatureSetSpec } from '../contracts/features.ts'
import { existsSync, readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { ServingError } from '../contracts/error.ts'
import { meant } from '../contracts/nearest-names.ts'
import type { Timeframe } from '../contracts/timeframe.ts'
import { readRanges, type WrittenRanges } from '../contracts/written-ranges.ts'
import type { Catalogue } from '../features/catalog/family.ts'
import { loadSet, loadSets } from '../features/set-folder.ts'

/** How features are named on the command line: one by one, or by a set, which is a file or the name of one in a folder. */
export type FeatureChoice = { readonly features?: readonly string[]; readonly set?: string; readonly sets: string; readonly timeframe: Timeframe }

/** Features in column order, the names that their set gives them, and how it computes them. */
export type ChosenFeatures = Pick<FeatureSetSpec, 'features' | 'labels' | 'gaps' | 'ranges'>

const inside = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined)

/** What a file that is no declared set chooses: a list of ids, or a model manifest (`inputs.features`, `inputs.gaps`, `inputs.ranges`); undefined if it is neither, or no YAML. */
function plainChoice(file: string): ChosenFeatures | undefined {
  const source = parseDocument(readFileSync(file, 'utf8'))
  if (source.errors.length > 0) return undefined
  const document: unknown = source.toJS({ maxAliasCount: 0 })
  const inputs = inside(document, 'inputs')
  const features = [document, inside(inputs, 'features')].find(Array.isArray)
  if (!features?.every((id) => typeof id === 'string')) return undefined
  const flat = inside(inside(inputs, 'gaps'), 'flat')
  const ranges = inside(inputs, 'ranges') as WrittenRanges | undefined
  return { features, ...(typeof flat === 'number' && { gaps: { flat } }), ...(ranges && { ranges: readRanges(features, ranges) }) }
}

const chosenOf = ({ features, labels, gaps, ranges }: FeatureSetSpec): ChosenFeatures => ({
  features,
  ...(labels && { labels }),
  ...(gaps && { gaps }),
  ...(ranges && { ranges }),
})

function ofSet({ set = '', sets, timeframe }: FeatureChoice, catalogue: Catalogue): ChosenFeatures {
  const isFile = existsSync(set)
  const plain = isFile ? plainChoice(set) : undefined
  if (plain) return plain
  const known = isFile ? [] : loadSets(sets, catalogue)
  const spec = isFile ? loadSet(set, { timeframe, catalogue }) : known.find(({ name }) => name === set)
  if (!spec) {
    const hint = meant(
      set,
      known.flatMap(({ name }) => name ?? []),
    )
    throw new ServingError('validation_failed', `${set} is neither a file nor a set of the folder ${sets}${hint}`)
  }
  if (spec.timeframe !== timeframe) throw new ServingError('validation_failed', `The set ${set} is on ${spec.timeframe}, not on ${timeframe}`)
  return chosenOf(spec)
}

/** The features that were asked for. Throws `validation_failed`. */
export function chosenFeatures(choice: FeatureChoice, catalogue: Catalogue): ChosenFeatures {
  if (choice.features !== undefined) return { features: choice.features }
  if (choice.set !== undefined) return ofSet(choice, catalogue)
  throw new ServingError('validation_failed', 'Say which features: --features "rsi(14)@1m,close@1m" or --set NAME or FILE.yaml')
}
