import { structureFault } from '../check-structure.ts'
import { nodeFlag } from '../ensemble.ts'
import { ModelFormatError } from '../model-format-error.ts'
import type { CategorySets, ParsedTree } from '../parsed-tree.ts'
import { parseCover } from './cover.ts'
import { parseLinearLeaves } from './linear-tree.ts'
import { parseFloatExactly, parseIntegers, parseList, parseWhole } from './numbers.ts'
import { required, type Section } from './section.ts'
import { countWords } from './words.ts'
import { foldZeroBand } from './zero-threshold.ts'

type Kind = 'integer' | 'float'

function list(section: Section, key: string, [count, kind]: readonly [number, Kind]): number[] {
  const entry = required(section, key)
  return kind === 'integer' ? parseIntegers(entry, section, { count, what: key }) : parseList(entry, section, { count, read: parseFloatExactly, what: key })
}

type Allowed = (value: number, index: number) => boolean

function checkEach(section: Section, key: string, [values, allowed, rule]: readonly [readonly number[], Allowed, string]): void {
  const bad = values.findIndex((value, i) => !allowed(value, i))
  if (bad >= 0) throw new ModelFormatError(`${key} value ${bad} is ${values[bad]}: ${rule}`, { line: section.entries.get(key)?.line, tree: section.tree })
}

/** Lists that LightGBM leaves empty, or out, where something else is so: were that damaged, they would be passed over. */
function refuseLists(section: Section, keys: readonly string[], reason: string): void {
  for (const key of keys) {
    const entry = section.entries.get(key)
    if (entry !== undefined && countWords(entry.value) > 0)
      throw new ModelFormatError(`${key} has values, but ${reason}`, { line: entry.line, tree: section.tree })
  }
}

const noSets: CategorySets = { bounds: [0], words: [] }

function parseSets(section: Section): CategorySets {
  const count = parseWhole(section, 'num_cat', { min: 0, max: 2147483647 })
  if (count === 0) {
    refuseLists(section, ['cat_boundaries', 'cat_threshold'], 'num_cat is 0')
    return noSets
  }
  const bounds = list(section, 'cat_boundaries', [count + 1, 'integer'])
  checkEach(section, 'cat_boundaries', [bounds.slice(0, 1), (value) => value === 0, 'the first must be 0'])
  checkEach(section, 'cat_boundaries', [bounds, (value, i) => value >= (bounds[i - 1] ?? 0), 'they must not fall'])
  const words = list(section, 'cat_threshold', [bounds[count]!, 'integer'])
  checkEach(section, 'cat_threshold', [words, (word) => word >= 0, 'a word of a bit set is not negative'])
  return { bounds, words }
}

const isCategorical = (flag: number): boolean => (flag & nodeFlag.categorical) !== 0

function parseFlags(section: Section, nodes: number, sets: CategorySets): number[] {
  if (!section.entries.has('decision_type')) return Array.from({ length: nodes }, () => 0)
  const flags = list(section, 'decision_type', [nodes, 'integer'])
  checkEach(section, 'decision_type', [flags, (flag) => flag >= 0 && flag < 12, 'bits 0-1 are categorical and default left, bits 2-3 a missing type of 0 to 2'])
  const hasSets = sets.bounds.length > 1
  // LightGBM, which never writes that, would compare the number of the set with the value.
  checkEach(section, 'decision_type', [flags, (flag) => hasSets || !isCategorical(flag), 'a split by category, but num_cat is 0'])
  // LightGBM sends a categorical split's NaN right, whatever its other bits say.
  return flags.map((flag) => (isCategorical(flag) ? nodeFlag.categorical : flag))
}

function parseThresholds(section: Section, flags: readonly number[], sets: CategorySets): number[] {
  const thresholds = list(section, 'threshold', [flags.length, 'float'])
  checkEach(section, 'threshold', [thresholds, (value) => !Number.isNaN(value), 'a threshold is a number'])
  const sides = flags.map(isCategorical)
  const count = sets.bounds.length - 1
  const isSet = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < count
  checkEach(section, 'threshold', [thresholds, (value, i) => !sides[i] || isSet(value), 'it names no category set of this tree'])
  checkEachTaken(
    section,
    thresholds.filter((_, i) => sides[i]),
    count,
  )
  return thresholds.map((value, i) => (sides[i] ? value : foldZeroBand(value)))
}

/** LightGBM makes a set for each split by category: one that none takes, or two do, is a split whose kind or set was changed. */
function checkEachTaken(section: Section, taken: readonly number[], count: number): void {
  const line = section.entries.get('num_cat')?.line
  if (taken.length === count && new Set(taken).size === count) return
  throw new ModelFormatError(`num_cat is ${count}, but decision_type has ${taken.length} splits by category, which take ${new Set(taken).size} of the sets`, {
    line,
    tree: section.tree,
  })
}

function parseNodes(section: Section, nodes: number, inputs: number): Omit<ParsedTree, 'leafValues' | 'linear' | 'cover'> {
  const feature = list(section, 'split_feature', [nodes, 'integer'])
  checkEach(section, 'split_feature', [feature, (value) => value >= 0 && value < inputs, `there are ${inputs} features`])
  const sets = parseSets(section)
  const flags = parseFlags(section, nodes, sets)
  const threshold = parseThresholds(section, flags, sets)
  const left = list(section, 'left_child', [nodes, 'integer'])
  const right = list(section, 'right_child', [nodes, 'integer'])
  const fault = structureFault({ left, right, leaves: nodes + 1 })
  if (fault !== undefined) throw new ModelFormatError(fault, { line: section.entries.get('left_child')?.line, tree: section.tree })
  return { feature, threshold, flags, left, right, sets }
}

const listsOfNodes = ['split_feature', 'threshold', 'decision_type', 'left_child', 'right_child']
const noNodes = { feature: [], threshold: [], flags: [], left: [], right: [], sets: noSets } as const

/** One `Tree=` section, fully checked: counts, feature and child indices, category sets, finite leaves. Throws ModelFormatError. */
export function parseTree(section: Section, inputs: number): ParsedTree {
  const leaves = parseWhole(section, 'num_leaves', { min: 1, max: 2147483647 })
  const leafValue = list(section, 'leaf_value', [leaves, 'float'])
  checkEach(section, 'leaf_value', [leafValue, Number.isFinite, 'a leaf value is finite'])
  if (leaves === 1) refuseLists(section, listsOfNodes, 'num_leaves is 1')
  const nodes = leaves === 1 ? noNodes : parseNodes(section, leaves - 1, inputs)
  return { ...nodes, leafValues: [leafValue], linear: parseLinearLeaves(section, { leaves, inputs }), cover: parseCover(section, leaves) }
}
