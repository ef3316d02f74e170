import { ModelFormatError, type ModelPlace } from '../model-format-error.ts'
import type { Entry, Section } from './section.ts'
import { countWords, eachWord } from './words.ts'

/** No digit can be matched in two ways: a long word that is no number would be tried in as many as it has digits. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const special: Readonly<Record<string, number>> = {
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
  '-infinity': -Infinity,
  nan: NaN,
  '-nan': NaN,
}

/** A number as C++ prints it: correctly rounded, `inf` and `nan` included. undefined if it is none. */
export function parseFloatExactly(word: string): number | undefined {
  return decimal.test(word) ? Number(word) : special[word.toLowerCase()]
}

/** An integer that fits 32 bits, signed or unsigned. undefined if it is none. */
export function parseInteger(word: string): number | undefined {
  if (!/^[+-]?\d{1,10}$/.test(word)) return undefined
  const value = Number(word)
  return value >= -2147483648 && value <= 4294967295 ? value : undefined
}

/** What a list must be: how many values, and how one is read. */
export type ListShape<T> = { readonly count: number; readonly read: (word: string) => T | undefined; readonly what: string }

const [space, zero, nine, minus] = [32, 48, 57, 45]
const isDigit = (code: number): boolean => code >= zero && code <= nine

/** A list of integers of at most 9 digits with one space between them, as LightGBM writes them, read without cutting the text into words; undefined where it is not that. */
function plainIntegers(text: string, count: number): number[] | undefined {
  const values: number[] = []
  for (let at = 0; at <= text.length; at++) {
    const sign = text.charCodeAt(at) === minus ? -1 : 1
    if (sign < 0) at++
    const first = at
    let value = 0
    for (let code = text.charCodeAt(at); isDigit(code); code = text.charCodeAt(++at)) value = value * 10 + (code - zero)
    const isPlain = at > first && at - first <= 9 && (at === text.length || text.charCodeAt(at) === space)
    if (!isPlain) return undefined
    values.push(sign * value)
  }
  return values.length === count ? values : undefined
}

/** Exactly `count` values separated by spaces. Throws ModelFormatError before it allocates more than the text can hold. */
export function parseList<T>(entry: Entry, place: ModelPlace, { count, read, what }: ListShape<T>): T[] {
  const at = { ...place, line: entry.line }
  const found = countWords(entry.value)
  if (found !== count) throw new ModelFormatError(`${what} has ${found} values, not ${count}`, at)
  const list: T[] = []
  eachWord(entry.value, (word) => {
    const value = read(word)
    if (value === undefined) throw new ModelFormatError(`${what} value ${list.length} is not a number of its kind: "${word.slice(0, 40)}"`, at)
    list.push(value)
  })
  return list
}

/** As `parseList`, for integers. */
export function parseIntegers(entry: Entry, place: ModelPlace, shape: Omit<ListShape<number>, 'read'>): number[] {
  return plainIntegers(entry.value, shape.count) ?? parseList(entry, place, { ...shape, read: parseInteger })
}

/** Limits of a whole number. */
export type Range = { readonly min: number; readonly max: number }

/** One whole number of a section, within a range. Throws ModelFormatError. */
export function parseWhole(section: Section, key: string, { min, max }: Range): number {
  const entry = section.entries.get(key)
  if (entry === undefined) throw new ModelFormatError(`"${key}" is missing`, section)
  const value = parseInteger(entry.value.trim())
  if (value === undefined || value < min || value > max)
    throw new ModelFormatError(`${key} must be a whole number from ${min} to ${max}, not "${entry.value.slice(0, 40)}"`, {
      line: entry.line,
      tree: section.tree,
    })
  return value
}
