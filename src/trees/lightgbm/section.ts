import { ModelFormatError } from '../model-format-error.ts'

/** A value of the file and the 1-based line it stands on. */
export type Entry = { readonly value: string; readonly line: number }

/** `key=value` lines up to a blank line or the next section. `tree` is the number of the tree, absent in the header. */
export type Section = { readonly entries: ReadonlyMap<string, Entry>; readonly line: number; readonly tree: number | undefined }

/** Reads a text line by line, `\n` and `\r\n` alike, and counts. */
export class LineReader {
  readonly #text: string
  #at = 0
  #line = 0
  constructor(text: string) {
    this.#text = text
  }
  /** The 1-based number of the line read last. */
  get line(): number {
    return this.#line
  }
  /** The next line without its end, or undefined after the last. */
  next(): string | undefined {
    if (this.#at >= this.#text.length) return undefined
    const found = this.#text.indexOf('\n', this.#at)
    const end = found < 0 ? this.#text.length : found
    const cut = this.#text.charCodeAt(end - 1) === 13 && end > this.#at ? end - 1 : end
    const line = this.#text.slice(this.#at, cut)
    this.#at = end + 1
    this.#line++
    return line
  }
}

/** LightGBM writes two dozen; many short lines of names that mean nothing would take many times their text to keep. */
const mostEntries = 100

/** Adds a `key=value` line (a line without `=` is a key with an empty value); a key twice is an error, and so are more than a hundred. */
export function addEntry(entries: Map<string, Entry>, text: string, place: { line: number; tree: number | undefined }): void {
  const equals = text.indexOf('=')
  const key = equals < 0 ? text : text.slice(0, equals)
  if (entries.has(key)) throw new ModelFormatError(`"${key.slice(0, 40)}" is written twice`, place)
  if (entries.size === mostEntries) throw new ModelFormatError(`a section has more than ${mostEntries} lines`, place)
  entries.set(key, { value: equals < 0 ? '' : text.slice(equals + 1), line: place.line })
}

/** The entry of that name; throws ModelFormatError if it is absent. */
export function required(section: Section, key: string): Entry {
  const entry = section.entries.get(key)
  if (entry === undefined) throw new ModelFormatError(`"${key}" is missing`, section)
  return entry
}
