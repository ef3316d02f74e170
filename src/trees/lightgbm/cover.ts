import { ModelFormatError } from '../model-format-error.ts'
import type { TreeCover } from '../parsed-tree.ts'
import { parseIntegers } from './numbers.ts'
import type { Section } from './section.ts'

/** The internal_count and leaf_count of a tree; undefined where the file has none, as old ones do. A tree of one leaf splits no rows, so it needs none. Throws ModelFormatError. */
export function parseCover(section: Section, leaves: number): TreeCover | undefined {
  if (leaves === 1) return { node: [], leaf: [0] }
  const list = (key: string, length: number): number[] | undefined => {
    const entry = section.entries.get(key)
    if (entry === undefined || entry.value.trim() === '') return undefined
    const counts = parseIntegers(entry, section, { count: length, what: key })
    const bad = counts.findIndex((count) => count < 0)
    if (bad >= 0) throw new ModelFormatError(`${key} value ${bad} is ${counts[bad]}: a count is not negative`, { line: entry.line, tree: section.tree })
    return counts
  }
  const node = list('internal_count', leaves - 1)
  const leaf = list('leaf_count', leaves)
  if ((node === undefined) !== (leaf === undefined)) throw new ModelFormatError('internal_count and leaf_count belong together', section)
  return node === undefined || leaf === undefined ? undefined : { node, leaf }
}
