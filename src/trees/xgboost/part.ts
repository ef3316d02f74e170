import { ModelFormatError } from '../model-format-error.ts'
import { isList, isMembers, type Members, type Value } from './document.ts'

/** Limits of a whole number. */
export type Range = { readonly min: number; readonly max: number }

/** An object of the model with its path, so that every fault says where it is. All readers throw ModelFormatError. */
export class Part {
  readonly #members: Members
  readonly path: string
  /** The tree that it belongs to, if to one. */
  readonly tree: number | undefined
  constructor(value: Value | undefined, path: string, tree?: number) {
    this.path = path
    this.tree = tree
    this.#members = isMembers(value) ? value : this.fail('', value === undefined ? 'is missing' : 'is not an object')
  }

  /** Refuses what stands under a key ('' = the object itself). */
  fail(key: string, fault: string): never {
    const name = [this.path, key].filter((part) => part !== '').join('.')
    throw new ModelFormatError(`${name === '' ? 'the model' : name} ${fault}`, { tree: this.tree })
  }

  /** The value under a key, undefined if there is none. */
  get(key: string): Value | undefined {
    return Object.hasOwn(this.#members, key) ? this.#members[key] : undefined
  }

  /** The object under a key. */
  part(key: string): Part {
    return new Part(this.get(key), this.path === '' ? key : `${this.path}.${key}`, this.tree)
  }

  /** The text under a key. */
  text(key: string): string {
    const value = this.get(key)
    return typeof value === 'string' ? value : this.fail(key, value === undefined ? 'is missing' : 'is not a text')
  }

  /** The list under a key. */
  list(key: string): ArrayLike<Value> {
    const value = this.get(key)
    return isList(value) ? value : this.fail(key, value === undefined ? 'is missing' : 'is not a list')
  }

  /** The list of texts under a key. */
  texts(key: string): string[] {
    return Array.from(this.list(key), (value, i) => (typeof value === 'string' ? value : this.fail(key, `has no text at ${i}`)))
  }

  /** The list of numbers under a key, `count` of them if given; truth values count as 1 and 0, null as NaN. */
  numbers(key: string, count?: number): Float64Array {
    const list = this.list(key)
    if (count !== undefined && list.length !== count) this.fail(key, `has ${list.length} values, not ${count}`)
    return Float64Array.from(list, (value, i) => {
      if (typeof value === 'number') return value
      return typeof value === 'boolean' ? Number(value) : value === null ? NaN : this.fail(key, `has no number at ${i}`)
    })
  }

  /** The list of whole numbers of a range under a key, `count` of them if given. */
  wholes(key: string, { min, max }: Range, count?: number): Float64Array {
    const values = this.numbers(key, count)
    const bad = values.findIndex((value) => !(Number.isInteger(value) && value >= min && value <= max))
    return bad < 0 ? values : this.fail(key, `has ${values[bad]} at ${bad}, not a whole number from ${min} to ${max}`)
  }

  /** A whole number of a range, written as a text, as XGBoost writes parameters. Where it may be missing, `absent` stands for it. */
  parameter(key: string, { min, max, absent }: Range & { readonly absent?: number }): number {
    if (absent !== undefined && this.get(key) === undefined) return absent
    const text = this.text(key)
    const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN
    return value >= min && value <= max ? value : this.fail(key, `must be a whole number from ${min} to ${max}, not "${text.slice(0, 40)}"`)
  }
}
