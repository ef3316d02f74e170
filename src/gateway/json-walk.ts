import { vanishes } from '../contracts/decimal.ts'
import { type ErrorCode, type ErrorPlace, ServingError } from '../contracts/error.ts'

const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const literal = /true|false|null/y
const placesAtMost = 100
/** A text with this many faults is no list of good items and some bad ones. */
const faultsAtMost = 1_000

/** Appends one step to a JSON pointer (RFC 6901). */
export const pointerTo = (parent: string, step: string): string => `${parent}/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Index of the quote that ends the string which begins at `start`; the text's length when none does. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text.charCodeAt(before) === 92) before -= 1
    if ((end - before) % 2 === 1) return end
  }
  return text.length
}

/** True if the text of a JSON number means the number that JSON.parse makes of it, up to the rounding of decimals: it is finite, no zero that was none, and an integer keeps every digit. */
export function keepsValue(token: string): boolean {
  const value = Number(token)
  return Number.isFinite(value) && (/[.eE]/.test(token) ? !vanishes(token) : Number.isSafeInteger(value))
}

const ruleOf = (token: string): string => {
  if (!Number.isFinite(Number(token))) return 'must be a finite number (float64)'
  return vanishes(token) ? 'must be 0, or a number that float64 does not take for 0' : 'must be an integer that float64 holds exactly'
}

/** One thing that is wrong with a JSON text, and where. */
export type Fault = ErrorPlace & { readonly code: ErrorCode }

/** Reads a JSON text the slow way, to say what is wrong with it and where. The nesting must have been limited before. */
class JsonWalk {
  readonly faults: Fault[] = []
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  run(): void {
    this.#value('')
    this.#take(space)
    if (this.#at < this.#text.length) this.#fail('the end of the body')
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #next(char: string): boolean {
    this.#take(space)
    const there = this.#text[this.#at] === char
    if (there) this.#at += 1
    return there
  }

  /** The string that begins here, decoded; undefined if none does. */
  #string(): string | undefined {
    if (this.#text[this.#at] !== '"') return undefined
    const end = endOfString(this.#text, this.#at) + 1
    try {
      const value = JSON.parse(this.#text.slice(this.#at, end)) as string
      this.#at = end
      return value
    } catch {
      return this.#fail('a string that ends, with its control characters and backslashes escaped,')
    }
  }

  #fail(expected: string): never {
    const rest = this.#text.slice(this.#at)
    const literalHint = /^-?(NaN|Infinity)/.test(rest) ? '; JSON has no NaN or Infinity: send null for a missing value' : ''
    const found = rest === '' ? 'the body ends' : JSON.stringify(rest.slice(0, 20))
    throw new ServingError('malformed_json', `At character ${this.#at} ${expected} was expected, but there is ${found}${literalHint}`)
  }

  #value(pointer: string): void {
    if (this.#next('{')) return this.#object(pointer)
    if (this.#next('[')) return this.#array(pointer)
    const token = this.#take(number)
    if (token !== undefined) return this.#number(token, pointer)
    if (this.#string() === undefined && this.#take(literal) === undefined) this.#fail('a value')
  }

  #object(pointer: string): void {
    const names = new Set<string>()
    if (this.#next('}')) return
    do {
      this.#take(space)
      const name = this.#string()
      if (name === undefined) this.#fail('a quoted field name')
      const place = pointerTo(pointer, name)
      if (names.has(name)) this.#fault({ code: 'malformed_json', pointer: place, rule: 'must appear once' })
      if (name === '__proto__') this.#fault({ code: 'unknown_field', pointer: place, rule: 'is not a field' })
      names.add(name)
      if (!this.#next(':')) this.#fail('a colon')
      this.#value(place)
    } while (this.#next(','))
    if (!this.#next('}')) this.#fail('a comma or }')
  }

  #array(pointer: string): void {
    if (this.#next(']')) return
    let index = 0
    do this.#value(`${pointer}/${index++}`)
    while (this.#next(','))
    if (!this.#next(']')) this.#fail('a comma or ]')
  }

  #number(token: string, pointer: string): void {
    if (keepsValue(token)) return
    const code = !Number.isFinite(Number(token)) && /(^|\/)features\/[^/]+$/.test(pointer) ? 'non_finite_feature' : 'validation_failed'
    this.#fault({ code, pointer, rule: ruleOf(token), got: token.slice(0, 40) })
  }

  #fault(fault: Fault): void {
    if (this.faults.length < faultsAtMost) this.faults.push(fault)
  }
}

/** What is wrong with a text that is no strict JSON; `malformed_json` is thrown where it is none at all. */
export function faultsIn(text: string): readonly Fault[] {
  const walk = new JsonWalk(text)
  walk.run()
  return walk.faults
}

/** The refusal of a text, or of a part of it: the code of its first fault with every place, called from `within` on. Undefined without a fault. */
export function refusalOf(faults: readonly Fault[], within = ''): ServingError | undefined {
  const [first] = faults
  if (first === undefined) return undefined
  const places = faults.slice(0, placesAtMost).map(({ pointer, rule, got }) => {
    const place = { pointer: pointer.slice(within.length), rule }
    return got === undefined ? place : { ...place, got }
  })
  const said = places.slice(0, 3).map(({ pointer, rule }) => `${pointer} ${rule}`)
  return new ServingError(first.code, said.join('; '), { places })
}

/** True if there may be more faults than were counted. */
export const areAllOf = (faults: readonly Fault[]): boolean => faults.length < faultsAtMost
