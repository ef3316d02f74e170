import { refuseText, type Span } from './refuse-text.ts'
import { type Token, tokensOf } from './tokens.ts'

/** What was written, not yet looked up: operators are calls of their sign; a negative number is a number. */
export type Syntax = Span &
  (
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'symbol'; readonly text: string }
    | { readonly kind: 'call'; readonly name: string; readonly of: readonly Syntax[]; readonly written: 'operator' | 'function' }
  )

/** How strongly operators bind, weakest first. Comparisons stand alone: `a < b < c` is refused. */
export const infix: Readonly<Record<string, number>> = { or: 1, and: 2, '<': 4, '<=': 4, '>': 4, '>=': 4, '+': 5, '-': 5, '*': 6, '/': 6 }
/** How strongly operators before one operand bind: `negative` is the minus sign. */
export const prefix: Readonly<Record<string, number>> = { not: 3, negative: 7 }
/** The level at which operators do not chain. */
export const comparing = 4

const deepest = 32
const words = new Set(['and', 'or', 'not'])

/** Precedence climbing (Pratt 1973) over the words of one text. */
class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #position = 0
  #depth = 0
  constructor(text: string, until?: number) {
    this.#text = text
    this.#tokens = tokensOf(text, until)
  }

  whole(): Syntax {
    const syntax = this.#expression(1)
    if (this.#next.kind !== 'end') this.#refuse('an operator or the end')
    return syntax
  }

  get #next(): Token {
    return this.#tokens[this.#position] as Token
  }

  #refuse(expected: string): never {
    const found = this.#next.kind === 'end' ? 'the end' : JSON.stringify(this.#next.text)
    return refuseText(this.#text, this.#next, { why: `expected ${expected}, found ${found}` })
  }

  #take(): Token {
    const token = this.#next
    this.#position += 1
    return token
  }

  /** Takes the word if it is the next one. */
  #took(text: string): boolean {
    const here = this.#next.kind !== 'end' && this.#next.text === text
    if (here) this.#position += 1
    return here
  }

  /** Everything from here on that binds at least as strongly as `level`. */
  #expression(level: number): Syntax {
    this.#depth += 1
    if (this.#depth > deepest) refuseText(this.#text, this.#next, { why: `nested more than ${deepest} deep` })
    let left = this.#operand()
    for (let binds = infix[this.#next.text]; binds !== undefined && binds >= level; binds = infix[this.#next.text]) {
      const { text: name } = this.#take()
      const right = this.#expression(binds + 1)
      left = { kind: 'call', name, of: [left, right], written: 'operator', at: left.at, end: right.end }
      if (binds === comparing && infix[this.#next.text] === comparing) this.#refuse('and, or: comparisons do not chain')
    }
    this.#depth -= 1
    return left
  }

  #operand(): Syntax {
    const token = this.#next
    if (token.text === '-') return this.#negative()
    if (token.text === 'not') return this.#not()
    if (this.#took('(')) {
      const inner = this.#expression(1)
      const { end } = this.#next
      if (!this.#took(')')) this.#refuse('an operator or )')
      return { ...inner, at: token.at, end }
    }
    if (token.kind === 'name' && !words.has(token.text)) return this.#call()
    if (token.kind !== 'number' && token.kind !== 'symbol') return this.#refuse('a feature, a number or (')
    const { text, at, end } = this.#take()
    return token.kind === 'number' ? { kind: 'number', value: Number(text), at, end } : { kind: 'symbol', text, at, end }
  }

  #negative(): Syntax {
    const { at } = this.#take()
    const operand = this.#expression(prefix['negative'] as number)
    const { end } = operand
    if (operand.kind === 'number') return { kind: 'number', value: 0 - operand.value, at, end }
    return { kind: 'call', name: 'negative', of: [operand], written: 'operator', at, end }
  }

  #not(): Syntax {
    const { at } = this.#take()
    const operand = this.#expression(prefix['not'] as number)
    return { kind: 'call', name: 'not', of: [operand], written: 'operator', at, end: operand.end }
  }

  #call(): Syntax {
    const { text: name, at, end } = this.#take()
    const of: Syntax[] = []
    if (!this.#took('(')) return { kind: 'call', name, of, written: 'function', at, end }
    if (!this.#took(')')) {
      do of.push(this.#expression(1))
      while (this.#took(','))
      if (!this.#took(')')) this.#refuse('an operator, a comma or )')
    }
    return { kind: 'call', name, of, written: 'function', at, end: (this.#tokens[this.#position - 1] as Token).end }
  }
}

/** Reads the expression that stands in a text before `until`. Throws `unknown_feature` with a caret where it cannot go on. */
export const parseExpression = (text: string, until?: number): Syntax => new Parser(text, until).whole()
