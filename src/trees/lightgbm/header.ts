import type { Transform } from '../ensemble.ts'
import { ModelFormatError } from '../model-format-error.ts'
import { parseWhole } from './numbers.ts'
import { parseObjective } from './objective.ts'
import { required, type Entry, type Section } from './section.ts'
import { countWords, eachWord } from './words.ts'

/** What the header says of the whole model. `treeCount` is the length of tree_sizes where the file has it. */
export type Header = {
  readonly inputs: number
  readonly outputs: number
  readonly objective: string
  readonly transform: Transform
  readonly average: boolean
  readonly featureNames: readonly string[]
  readonly treeCount: number | undefined
}

const knownVersions = ['v2', 'v3', 'v4']

function checkVersion(section: Section): void {
  const version = section.entries.get('version')
  if (version !== undefined && !knownVersions.includes(version.value.trim()))
    throw new ModelFormatError(`the format version "${version.value.slice(0, 20)}" is not known; known are ${knownVersions.join(', ')}`, { line: version.line })
}

function perFeature(section: Section, key: string, inputs: number): Entry {
  const entry = required(section, key)
  const count = countWords(entry.value)
  if (count !== inputs) throw new ModelFormatError(`${key} has ${count} values, but max_feature_idx says ${inputs} features`, { line: entry.line })
  return entry
}

function namesOf(section: Section, inputs: number): string[] {
  const names: string[] = []
  eachWord(perFeature(section, 'feature_names', inputs).value, (word) => names.push(word))
  return names
}

const perIteration = 'num_tree_per_iteration'
const mostOutputs = 100_000

/** LightGBM has as many trees in an iteration as classes, whatever the objective; it writes beyond its answer where a file says otherwise. */
function checkClasses(section: Section, outputs: number): void {
  const classes = section.entries.has('num_class') ? parseWhole(section, 'num_class', { min: 1, max: mostOutputs }) : outputs
  if (classes !== outputs)
    throw new ModelFormatError(`num_class is ${classes}, but ${perIteration} ${outputs}`, { line: section.entries.get('num_class')?.line })
}

/** The header section, checked: feature names as many as features, objective known and fit for the number of outputs. Throws ModelFormatError. */
export function parseHeader(section: Section): Header {
  checkVersion(section)
  const inputs = parseWhole(section, 'max_feature_idx', { min: 0, max: 1_000_000 }) + 1
  const outputs = parseWhole(section, section.entries.has(perIteration) ? perIteration : 'num_class', { min: 1, max: mostOutputs })
  const objective = section.entries.get('objective')
  const { name, transform } = parseObjective(objective?.value, outputs, { line: objective?.line })
  checkClasses(section, outputs)
  const featureNames = namesOf(section, inputs)
  if (section.entries.has('feature_infos')) perFeature(section, 'feature_infos', inputs)
  const sizes = section.entries.get('tree_sizes')
  return {
    inputs,
    outputs,
    objective: name,
    transform,
    average: section.entries.has('average_output'),
    featureNames,
    treeCount: sizes === undefined ? undefined : countWords(sizes.value),
  }
}
