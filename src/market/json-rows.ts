import type { NumberedRow } from './csv-rows.ts'

const longestElement = 65_536

/** Cuts JSON text into its elements, one character at a time: looks only at brackets, braces and quotes. */
class ElementScanner {
  #line = 1
  #begin = 1
  #text = ''
  #depth = 0
  /** Depth at which elements stand: 1 inside the outer array, 0 in JSON lines and after the array. */
  #floor: 0 | 1 | undefined
  #inText = false
  #escaped = false

  /** Takes one character; returns an element when it is its last. */
  take(character: string): NumberedRow<string> | undefined {
    if (character === '\n') this.#line += 1
    if (this.#floor === undefined || this.#text === '') {
      if (character.trim() === '' || this.#isBetween(character)) return undefined
      this.#begin = this.#line
    }
    this.#text += character
    if (this.#text.length > longestElement) throw new SyntaxError(`the element that begins on line ${this.#begin} is longer than ${longestElement} characters`)
    this.#nest(character)
    if (this.#depth !== this.#floor || this.#inText) return undefined
    const row = this.#text
    this.#text = ''
    return { line: this.#begin, row }
  }

  /** Throws SyntaxError unless the text was whole. */
  end(): void {
    if (this.#text !== '' || this.#depth > 0) throw new SyntaxError(`the text ends inside an element or array, line ${this.#line}`)
  }

  /** The outer brackets and the commas: no part of any element. */
  #isBetween(character: string): boolean {
    if (this.#floor === undefined) {
      this.#floor = character === '[' ? 1 : 0
      this.#depth = this.#floor
      return this.#floor === 1
    }
    if (character === ',') return true
    if (character !== ']' || this.#floor !== 1) return false
    this.#floor = 0
    this.#depth = 0
    return true
  }

  #nest(character: string): void {
    if (this.#inText) {
      this.#inText = this.#escaped || character !== '"'
      this.#escaped = !this.#escaped && character === '\\'
    } else if (character === '"') this.#inText = true
    else if (character === '[' || character === '{') this.#depth += 1
    else if (character === ']' || character === '}') this.#depth -= 1
  }
}

/**
 * Texts of the elements of a JSON array that comes in pieces, or of the objects of a JSON-lines file, with the line on which each begins. Whether an element is JSON shows when
 * it is parsed. Throws SyntaxError when the text ends inside an element, or when one is longer than 64 KiB.
 */
export async function* splitElements(pieces: AsyncIterable<string>): AsyncGenerator<NumberedRow<string>> {
  const scanner = new ElementScanner()
  for await (const piece of pieces) {
    for (const character of piece) {
      const element = scanner.take(character)
      if (element) yield element
    }
  }
  scanner.end()
}
