import { type ErrorCode, type ErrorPlace, ServingError } from '../contracts/error.ts'

const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const literal = /true|false|null/y
const placesAtMost = 100

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

/** True if the text of a JSON number means the number that JSON.parse makes of it, up to the rounding of decimals: it is finite, and an integer keeps every digit. */
export function keepsValue(token: string): boolean {
  const value = Number(token)
  return Number.isFinite(value) && (/[.eE]/.test(token) || Number.isSafeInteger(value))
}

type Fault = ErrorPlace & { readonly code: ErrorCode }

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
    const infinite = !Number.isFinite(Number(token))
    const rule = infinite ? 'must be a finite number (float64)' : 'must be an integer that float64 holds exactly'
    const code = infinite && /(^|\/)features\/[^/]+$/.test(pointer) ? 'non_finite_feature' : 'validation_failed'
    this.#fault({ code, pointer, rule, got: token.slice(0, 40) })
  }

  #fault(fault: Fault): void {
    if (this.faults.length < placesAtMost) this.faults.push(fault)
  }
}

/** Says what is wrong with a text that is no strict JSON: throws `malformed_json` with the position, or the code of the first fault with every place. Returns if nothing is wrong. */
export function refuseJson(text: string): void {
  const walk = new JsonWalk(text)
  walk.run()
  const first = walk.faults[0]
  if (first === undefined) return
  const places = walk.faults.map(({ pointer, rule, got }) => (got === undefined ? { pointer, rule } : { pointer, rule, got }))
  throw new ServingError(
    first.code,
    places
      .map(({ pointer, rule }) => `${pointer} ${rule}`)
      .slice(0, 3)
      .join('; '),
    { places },
  )
}
