import { assembleTrees } from './assemble-trees.ts'
import type { Ensemble } from './ensemble.ts'
import { parseCategories } from './lightgbm/categories.ts'
import { parseHeader } from './lightgbm/header.ts'
import { addEntry, LineReader, type Entry, type Section } from './lightgbm/section.ts'
import { parseTree } from './lightgbm/tree.ts'
import { ModelFormatError } from './model-format-error.ts'
import type { ParsedTree } from './parsed-tree.ts'

const endOfTrees = 'end of trees'
const treeMark = 'Tree='

function checkTreeMark(text: string, line: number, tree: number): void {
  if (text !== `${treeMark}${tree}`) throw new ModelFormatError(`expected "${treeMark}${tree}", found "${text.slice(0, 40)}"`, { line, tree })
}

/** Lines of one section: a tree's end at a blank line, the header's at the first tree (it may hold a blank line before that). Returns the mark it stopped at. */
function readSection(reader: LineReader, tree: number | undefined): { section: Section; stop: string } {
  const entries = new Map<string, Entry>()
  const first = reader.line
  for (let text = reader.next(); text !== undefined; text = reader.next()) {
    if (text === endOfTrees || text.startsWith(treeMark)) return { section: { entries, line: first, tree }, stop: text }
    if (text !== '') addEntry(entries, text, { line: reader.line, tree })
  }
  throw new ModelFormatError(`the file ends before "${endOfTrees}": it is cut off`, { line: reader.line, tree })
}

function readTrees(reader: LineReader, firstMark: string, inputs: number): ParsedTree[] {
  const trees: ParsedTree[] = []
  let mark = firstMark
  while (mark !== endOfTrees) {
    checkTreeMark(mark, reader.line, trees.length)
    const { section, stop } = readSection(reader, trees.length)
    trees.push(parseTree(section, inputs))
    mark = stop
  }
  return trees
}

const categoriesMark = 'pandas_categorical:'

function readCategories(reader: LineReader, inputs: number): readonly (readonly unknown[])[] | undefined {
  for (let text = reader.next(); text !== undefined; text = reader.next())
    if (text.startsWith(categoriesMark)) return parseCategories(text.slice(categoriesMark.length), inputs, { line: reader.line })
  return undefined
}

function checkTreeCount(count: number, { outputs, treeCount }: { outputs: number; treeCount: number | undefined }, line: number): void {
  if (count === 0) throw new ModelFormatError('the model has no trees', { line })
  if (count % outputs !== 0) throw new ModelFormatError(`${count} trees cannot be shared out to ${outputs} outputs`, { line })
  if (treeCount !== undefined && treeCount !== count)
    throw new ModelFormatError(`the header's tree_sizes lists ${treeCount} trees, the file has ${count}`, { line })
}

/**
 * A LightGBM text model (`save_model`, `model_to_string`; formats v2 to v4) as an ensemble whose interpretation gives LightGBM's own raw scores bit for bit.
 * Throws ModelFormatError, with line and tree, on anything that LightGBM's format does not promise; time and memory are linear in the text.
 */
export function parseLightGbm(text: string): Ensemble {
  const reader = new LineReader(text)
  const first = reader.next()
  if (first !== 'tree') throw new ModelFormatError(`a LightGBM text model begins with the line "tree", not "${(first ?? '').slice(0, 40)}"`, { line: 1 })
  const { section, stop } = readSection(reader, undefined)
  const header = parseHeader(section)
  const trees = readTrees(reader, stop, header.inputs)
  checkTreeCount(trees.length, header, reader.line)
  const { inputs, outputs, objective, transform, average, featureNames } = header
  const pandasCategories = readCategories(reader, inputs)
  const arithmetic = { base: new Float64Array(outputs), roundInputs: false, recodings: [], floorInputs: [], roundSums: false }
  return { inputs, outputs, trees: trees.length, ...assembleTrees(trees), ...arithmetic, objective, transform, average, featureNames, pandasCategories }
}
