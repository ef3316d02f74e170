import { structureFault } from '../check-structure.ts'
import { missing, nodeFlag } from '../ensemble.ts'
import type { TreeCover } from '../parsed-tree.ts'
import type { CategorySets, ParsedTree } from '../parsed-tree.ts'
import { ModelFormatError, type ModelPlace } from '../model-format-error.ts'
import { finiteNumber, readList, readObject, wholeNumber } from './json-value.ts'

/** What a tree is held against: its number, inputs, outputs, and how many known values each categorical input has. */
export type TreeContext = { readonly tree: number; readonly inputs: number; readonly outputs: number; readonly known: ReadonlyMap<number, number> }

/** A numeric threshold, or the category codes that go left. */
type Split = number | readonly number[]

const keys = { required: ['feature', 'threshold', 'missing_left', 'left', 'right', 'values'], optional: ['cover'] }
const infinities = new Map<unknown, number>([
  ['inf', Infinity],
  ['-inf', -Infinity],
])

const readSplit = (value: unknown): unknown => (Array.isArray(value) ? value : (finiteNumber(value) ?? infinities.get(value)))

function readCodes(split: unknown, known: number, place: ModelPlace): number[] {
  const what = 'a categorical threshold'
  const codes = readList(split, { what, each: `a code below ${known}`, read: wholeNumber(0, known) }, place)
  if (codes.some((code, i) => i > 0 && code <= codes[i - 1]!)) throw new ModelFormatError(`${what} must ascend`, place)
  return codes
}

/** Thresholds by what their inputs are: a categorical input is split by a list of codes, any other by a number. */
function readSplits(thresholds: unknown, feature: readonly number[], { known, tree }: TreeContext): Split[] {
  const splits = readList(
    thresholds,
    { what: 'threshold', each: 'a number, "inf", "-inf" or a list of codes', read: readSplit, count: feature.length },
    { tree },
  )
  return splits.map((split, node) => {
    const codes = known.get(feature[node]!)
    if (codes !== undefined) return readCodes(split, codes, { tree })
    if (typeof split !== 'number') throw new ModelFormatError(`threshold value ${node} is a list, but input ${feature[node]} has no categories`, { tree })
    return split
  })
}

const noSets: CategorySets = { bounds: [0], words: [] }

function setsOf(lists: readonly (readonly number[])[]): CategorySets {
  if (lists.length === 0) return noSets
  const bounds = [0]
  for (const codes of lists) bounds.push(bounds.at(-1)! + Math.ceil(((codes.at(-1) ?? -1) + 1) / 32))
  const words = new Uint32Array(bounds.at(-1)!)
  lists.forEach((codes, set) => {
    for (const code of codes) words[bounds[set]! + (code >>> 5)]! |= 1 << (code & 31)
  })
  return { bounds, words }
}

function decisionsOf(splits: readonly Split[], missingLeft: readonly number[]): Pick<ParsedTree, 'threshold' | 'flags' | 'sets'> {
  const sets = setsOf(splits.filter((split) => typeof split !== 'number'))
  let set = 0
  const threshold = splits.map((split) => (typeof split === 'number' ? split : set++))
  const flags = splits.map(
    (split, node) => (typeof split === 'number' ? missing.nan << 2 : nodeFlag.categorical) | (missingLeft[node] === 1 ? nodeFlag.defaultLeft : 0),
  )
  return { threshold, flags, sets }
}

function readValues(value: unknown, leaves: number, { outputs, tree }: TreeContext): number[][] {
  const columns = readList(value, { what: 'values', each: 'a list', read: (column) => column }, { tree })
  if (columns.length !== 1 && columns.length !== outputs)
    throw new ModelFormatError(`values has ${columns.length} lists: one, or one for each of ${outputs} outputs`, { tree })
  return columns.map((column) => readList(column, { what: 'values', each: 'a finite number', read: finiteNumber, count: leaves }, { tree }))
}

function readCover(value: unknown, nodes: number, tree: number): TreeCover | undefined {
  if (value === undefined) return undefined
  const cover = readObject(value, { required: ['nodes', 'leaves'] }, { what: 'cover', tree })
  const weight = (item: unknown): number | undefined => ((finiteNumber(item) ?? -1) >= 0 ? finiteNumber(item) : undefined)
  const list = (key: 'nodes' | 'leaves', count: number): number[] =>
    readList(cover[key], { what: `cover.${key}`, each: 'a weight of 0 or more', read: weight, count }, { tree })
  return { node: list('nodes', nodes), leaf: list('leaves', nodes + 1) }
}

/** One tree of the text, fully checked. Throws ModelFormatError with the tree. */
export function readTree(value: unknown, context: TreeContext): ParsedTree {
  const { tree, inputs } = context
  const place = { tree }
  const json = readObject(value, keys, { what: 'the tree', tree })
  const feature = readList(json.feature, { what: 'feature', each: `an input below ${inputs}`, read: wholeNumber(0, inputs) }, place)
  const nodes = feature.length
  const splits = readSplits(json.threshold, feature, context)
  const missingLeft = readList(json.missing_left, { what: 'missing_left', each: '0 or 1', read: wholeNumber(0, 2), count: nodes }, place)
  const child = (key: 'left' | 'right'): number[] =>
    readList(json[key], { what: key, each: 'a node, or -1 - a leaf', read: wholeNumber(-nodes - 1, nodes), count: nodes }, place)
  const [left, right] = [child('left'), child('right')]
  const fault = nodes === 0 ? undefined : structureFault({ left, right, leaves: nodes + 1 })
  if (fault !== undefined) throw new ModelFormatError(fault, place)
  const leafValues = readValues(json.values, nodes + 1, context)
  return { feature, left, right, ...decisionsOf(splits, missingLeft), leafValues, linear: undefined, cover: readCover(json.cover, nodes, tree) }
}
