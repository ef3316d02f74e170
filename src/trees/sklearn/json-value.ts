import { ModelFormatError, type ModelPlace } from '../model-format-error.ts'

/** An object of a JSON text whose keys are exactly known. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Keys of an object: those it must have, and those it may have. */
export type Keys = { readonly required: readonly string[]; readonly optional?: readonly string[] }

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 40)}"`
  return Array.isArray(value) ? 'a list' : typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** A fault that shows the value that was found. */
export function unexpected(what: string, value: unknown, place: ModelPlace): ModelFormatError {
  return new ModelFormatError(`${what}, not ${shown(value)}`, place)
}

/** An object with all required keys and no unknown one. Throws ModelFormatError. */
export function readObject(value: unknown, { required, optional = [] }: Keys, { what, ...place }: ModelPlace & { readonly what: string }): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(`${what} must be an object`, value, place)
  const missing = required.find((key) => !Object.hasOwn(value, key))
  if (missing !== undefined) throw new ModelFormatError(`${what} has no "${missing}"`, place)
  const unknown = Object.keys(value).find((key) => !required.includes(key) && !optional.includes(key))
  if (unknown !== undefined) throw new ModelFormatError(`${what} has an unknown key "${unknown.slice(0, 40)}"`, place)
  return value as JsonObject
}

/** What a list must be: its name, what each value is (`read` gives undefined for what is not), and how many there are, where that is known. */
export type ListOf<T> = {
  readonly what: string
  readonly each: string
  readonly read: (value: unknown) => T | undefined
  readonly count?: number | undefined
}

/** A list, every value of it checked and, as a copy of each would take as much memory again, replaced by what was read. Throws ModelFormatError. */
export function readList<T>(value: unknown, { what, each, read, count }: ListOf<T>, place: ModelPlace): T[] {
  if (!Array.isArray(value)) throw unexpected(`${what} must be a list`, value, place)
  if (count !== undefined && value.length !== count) throw new ModelFormatError(`${what} has ${value.length} values, not ${count}`, place)
  value.forEach((item: unknown, i) => {
    const got = read(item)
    if (got === undefined) throw unexpected(`${what} value ${i} must be ${each}`, item, place)
    if (got !== item) value[i] = got
  })
  return value as T[]
}

/** A finite number, else undefined: JSON knows no other, but 1e999 reads as infinity. */
export function finiteNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Reads whole numbers from `from` up to, but without, `below`. */
export function wholeNumber(from: number, below: number): (value: unknown) => number | undefined {
  return (value) => (typeof value === 'number' && Number.isInteger(value) && value >= from && value < below ? value : undefined)
}
