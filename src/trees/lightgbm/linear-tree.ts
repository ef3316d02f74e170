import { ModelFormatError } from '../model-format-error.ts'
import type { LinearTree } from '../parsed-tree.ts'
import { parseFloatExactly, parseInteger, parseList } from './numbers.ts'
import { required, type Section } from './section.ts'

const finite = (word: string): number | undefined => {
  const value = parseFloatExactly(word)
  return value !== undefined && Number.isFinite(value) ? value : undefined
}
const natural =
  (below: number) =>
  (word: string): number | undefined => {
    const value = parseInteger(word)
    return value !== undefined && value >= 0 && value < below ? value : undefined
  }

/** The linear leaves of a tree written with linear_tree=true, or undefined where is_linear is absent or 0. Throws ModelFormatError. */
export function parseLinearLeaves(section: Section, { leaves, inputs }: { leaves: number; inputs: number }): LinearTree | undefined {
  const isLinear = section.entries.get('is_linear')
  if (isLinear === undefined || isLinear.value.trim() === '0') {
    const coefficients = section.entries.get('leaf_coeff')
    if (coefficients === undefined) return undefined
    throw new ModelFormatError('leaf_coeff is there, but is_linear is not 1', { line: coefficients.line, tree: section.tree })
  }
  if (isLinear.value.trim() !== '1')
    throw new ModelFormatError(`is_linear must be 0 or 1, not "${isLinear.value.slice(0, 20)}"`, { line: isLinear.line, tree: section.tree })
  const list = (key: string, count: number, read: (word: string) => number | undefined): number[] =>
    parseList(required(section, key), section, { count, read, what: key })
  const constant = list('leaf_const', leaves, finite)
  const terms = list('num_features', leaves, natural(inputs + 1))
  const total = terms.reduce((sum, count) => sum + count, 0)
  return { constant, terms, feature: list('leaf_features', total, natural(inputs)), coefficient: list('leaf_coeff', total, finite) }
}
