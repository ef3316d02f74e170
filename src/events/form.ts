type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** What a JSON object without arrays says apart from its numbers: names and order of its fields, and what is in those that hold none. */
export class Form<T extends object = object> {
  /** How many numbers are left out. */
  readonly numbers: number
  readonly #names: readonly string[]
  /** By field: the value; a form for an object; undefined for a number. */
  readonly #words: readonly unknown[]
  constructor(value: T) {
    this.#names = Object.keys(value)
    this.#words = Object.values(value).map((inside: unknown) => (typeof inside === 'number' ? undefined : isObject(inside) ? new Form(inside) : inside))
    this.numbers = this.#words.reduce<number>((sum, word) => sum + (word === undefined ? 1 : word instanceof Form ? word.numbers : 0), 0)
  }

  /** True if the value is of this form: `fill` makes it again from its numbers. */
  fits(value: object): value is T {
    let i = 0
    for (const name in value) if (name !== this.#names[i] || !hasForm((value as Fields)[name], this.#words[i++])) return false
    return i === this.#names.length
  }

  /** The value of this form with these numbers, in the order of `writeNumbers`. */
  fill(numbers: Iterator<number>): T {
    const inside = (word: unknown): unknown => (word === undefined ? numbers.next().value : word instanceof Form ? word.fill(numbers) : word)
    return Object.fromEntries(this.#names.map((name, i) => [name, inside(this.#words[i])])) as T
  }
}

function hasForm(value: unknown, word: unknown): boolean {
  if (typeof value === 'number') return word === undefined
  return isObject(value) ? word instanceof Form && word.fits(value) : value === word && value !== undefined
}

/** Writes the numbers of a JSON object without arrays in the order of its fields, from an index on; answers the index after the last. */
export function writeNumbers(value: object, into: Float64Array, start: number): number {
  let at = start
  for (const name in value) {
    const inside = (value as Fields)[name]
    if (typeof inside === 'number') into[at++] = inside
    else if (isObject(inside)) at = writeNumbers(inside, into, at)
  }
  return at
}
