import type { Ensemble } from './ensemble.ts'
import { assembleTrees } from './assemble-trees.ts'
import { ModelFormatError } from './model-format-error.ts'
import { parseJsonInParts } from './parse-json.ts'
import type { ParsedTree } from './parsed-tree.ts'
import { readHeader, type Header } from './sklearn/header.ts'
import { readTree } from './sklearn/tree.ts'

/** The trees, all with leaf values for every output or all with those of one, of which they take turns. */
function readTrees({ featureNames, base, recodings }: Header, trees: Iterable<unknown>): ParsedTree[] {
  const known = new Map(recodings.map(({ input, values }) => [input, values.length]))
  const parsed: ParsedTree[] = []
  for (const value of trees) parsed.push(readTree(value, { tree: parsed.length, inputs: featureNames.length, outputs: base.length, known }))
  if (parsed[0] === undefined) throw new ModelFormatError('"trees" is empty: the model has no trees')
  const leafWidth = parsed[0].leafValues.length
  const other = parsed.findIndex(({ leafValues }) => leafValues.length !== leafWidth)
  if (other >= 0) throw new ModelFormatError(`values has ${parsed[other]!.leafValues.length} lists, those of the first tree ${leafWidth}`, { tree: other })
  if ((parsed.length * leafWidth) % base.length !== 0)
    throw new ModelFormatError(`"trees": ${parsed.length} trees cannot be shared out to ${base.length} outputs`)
  return parsed
}

/**
 * The text that Presage's Python package writes of a scikit-learn ensemble (format `sklearn-trees`, described in python/README.md), as an ensemble whose interpretation
 * gives scikit-learn's own raw scores bit for bit: of a forest the sums before it divides, of the others the raw predictions. NaN goes where the tree's missing_go_to_left
 * says, also where scikit-learn refuses to predict it; an infinity, which scikit-learn refuses in part, is compared like any number.
 * Throws ModelFormatError, with the tree where it lies in one, on anything that the format does not promise; time and memory are linear in the text (20 times it).
 */
export function parseSklearnTrees(text: string): Ensemble {
  const { document, values } = parseJsonInParts(text, 'trees')
  const header = readHeader(document)
  const { featureNames, base, recodings, roundInputs, average, objective, transform } = header
  const trees = readTrees(header, values ?? header.trees)
  return {
    inputs: featureNames.length,
    outputs: base.length,
    trees: trees.length,
    ...assembleTrees(trees),
    base,
    roundInputs,
    floorInputs: [],
    recodings,
    roundSums: false,
    objective,
    transform,
    average,
    featureNames,
    pandasCategories: undefined,
  }
}
