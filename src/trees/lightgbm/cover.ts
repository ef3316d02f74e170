import { ModelFormatError } from '../model-format-error.ts'
import type { TreeCover } from '../parsed-tree.ts'
import { parseInteger, parseList } from './numbers.ts'
import type { Section } from './section.ts'

const count = (word: string): number | undefined => {
  const value = parseInteger(word)
  return value !== undefined && value >= 0 ? value : undefined
}

/** The internal_count and leaf_count of a tree; undefined where the file has none, as old ones do. A tree of one leaf splits no rows, so it needs none. Throws ModelFormatError. */
export function parseCover(section: Section, leaves: number): TreeCover | undefined {
  if (leaves === 1) return { node: [], leaf: [0] }
  const list = (key: string, length: number): number[] | undefined => {
    const entry = section.entries.get(key)
    return entry === undefined || entry.value.trim() === '' ? undefined : parseList(entry, section, { count: length, read: count, what: key })
  }
  const node = list('internal_count', leaves - 1)
  const leaf = list('leaf_count', leaves)
  if ((node === undefined) !== (leaf === undefined)) throw new ModelFormatError('internal_count and leaf_count belong together', section)
  return node === undefined || leaf === undefined ? undefined : { node, leaf }
}
