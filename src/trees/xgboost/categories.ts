import type { CategorySets } from '../parsed-tree.ts'
import type { Part } from './part.ts'

/** The set of a node that sends every category the other way. */
export const emptySet = 0
/** Words of bit sets that any model may have, 256 KiB, and that each of its nodes and listed categories adds: one category of a million means a set of 31,251 words. */
const [wordsOfAny, wordsOfEach] = [2 ** 16, 8]
const largestCategory = 2 ** 24 - 1

/** Category sets of one tree by the node of the file; `of` gives -1 for a node without one. */
export type NodeSets = { readonly sets: CategorySets; readonly of: (node: number) => number }

/** What is left of the words that the trees of one model may take. */
export type WordBudget = { left: number }

/** The words for a model whose trees are still to come. */
export const wordBudget = (): WordBudget => ({ left: wordsOfAny })

type Lists = { readonly nodes: Float64Array; readonly segments: Float64Array; readonly sizes: Float64Array; readonly categories: Float64Array }

function readLists(part: Part, nodes: number): Lists {
  const listed = part.wholes('categories_nodes', { min: 0, max: nodes - 1 })
  listed.forEach((node, k) => {
    if (k > 0 && node <= listed[k - 1]!) part.fail('categories_nodes', `does not rise at ${k}`)
  })
  const categories = part.wholes('categories', { min: 0, max: largestCategory })
  const range = { min: 0, max: categories.length }
  const segments = part.wholes('categories_segments', range, listed.length)
  const sizes = part.wholes('categories_sizes', { ...range, min: 1 }, listed.length)
  segments.forEach((from, k) => {
    if (from + sizes[k]! > categories.length) part.fail('categories_segments', `reaches beyond the categories at ${k}`)
  })
  return { nodes: listed, segments, sizes, categories }
}

/**
 * The sets of a tree's categorical nodes, the categories that go right in XGBoost; set 0 is empty. They are taken from the model's budget, to which the tree adds. Throws
 * ModelFormatError, before anything of their size is made.
 */
export function parseCategories(part: Part, nodes: number, budget: WordBudget): NodeSets {
  // Files older than XGBoost 1.3 have no categories.
  if (part.get('categories_nodes') === undefined) return { sets: { bounds: [0, 0], words: [] }, of: () => -1 }
  const lists = readLists(part, nodes)
  const chosen = Array.from(lists.nodes, (_, k) => lists.categories.subarray(lists.segments[k], lists.segments[k]! + lists.sizes[k]!))
  const bounds = [0, 0]
  for (const set of chosen) bounds.push(bounds.at(-1)! + (set.reduce((most, category) => Math.max(most, category), 0) >>> 5) + 1)
  const taken = bounds.at(-1)!
  budget.left += wordsOfEach * (nodes + lists.categories.length)
  if (taken > budget.left)
    part.fail('categories', `are too large: their bit sets take ${taken * 4} bytes, ${budget.left * 4} are left for a model of this size`)
  budget.left -= taken
  const words = new Uint32Array(taken)
  chosen.forEach((set, k) => {
    for (const category of set) words[bounds[k + 1]! + (category >>> 5)]! |= 1 << (category & 31)
  })
  const setOf = new Map(Array.from(lists.nodes, (node, k) => [node, k + 1]))
  return { sets: { bounds, words }, of: (node) => setOf.get(node) ?? -1 }
}
