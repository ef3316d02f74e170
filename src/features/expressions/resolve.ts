import { nearestNames } from '../../contracts/nearest-names.ts'
import { isSymbol } from '../../contracts/symbol.ts'
import type { Timeframe } from '../../contracts/timeframe.ts'
import type { Catalogue, Family, Parameter } from '../catalog/family.ts'
import { ownCatalogue } from '../catalog/index.ts'
import { plainNames } from '../plain-names.ts'
import { type Operation, operations } from './operations.ts'
import { parseExpression, type Syntax } from './parse.ts'
import { type Fault, refuseText, type Span } from './refuse-text.ts'
import { idOf, type Leaf, leafText, type Term, typeOf } from './terms.ts'

const usualPartner = 'BTC/USDT'

/** A family with the usual parameters. */
export const usualLeaf = (family: Family): Leaf => ({
  kind: 'feature',
  family,
  partner: family.partner && usualPartner,
  params: family.parameters.map(({ usual }) => usual),
})

/** Terms that a text on a timeframe may use by name; a fault says why one cannot be used there. */
export type Names = {
  readonly size: number
  keys(): Iterable<string>
  has(name: string): boolean
  get(name: string, timeframe: Timeframe): Term | Fault | undefined
}

type Call = Extract<Syntax, { kind: 'call' }>

const isFunction = (name: string): boolean => /^[a-z]/.test(name) && !['and', 'or', 'not', 'negative'].includes(name)
const operandNames = (name: string, count: number): string[] => (name === 'if' ? ['condition', 'yes', 'no'] : ['x', 'y', 'z'].slice(0, count))

/** How a function is called: `zscore(x,n)`. */
export const functionForm = (name: string, { operands, parameters }: Operation): string =>
  `${name}(${[...operandNames(name, operands.length), ...parameters.map((parameter) => parameter.name)].join(',')})`

const inWords = { number: 'a number', condition: 'a condition' } as const

/** Where an expression stands: before `until` in the text, on a timeframe, with terms that it may use by name, over a catalogue (our own unless another is given). */
export type Surroundings = { readonly until: number; readonly timeframe: Timeframe; readonly names: Names; readonly catalogue?: Catalogue | undefined }

/** Looks up every name of one text and checks that types and parameters fit. */
class Resolver {
  readonly #text: string
  readonly #root: Syntax
  readonly #timeframe: Timeframe
  readonly #names: Names
  readonly #catalogue: Catalogue
  constructor(text: string, { until, timeframe, names, catalogue = ownCatalogue }: Surroundings) {
    this.#text = text
    this.#root = parseExpression(text, until)
    this.#timeframe = timeframe
    this.#names = names
    this.#catalogue = catalogue
  }

  whole(): Term {
    return this.#term(this.#root)
  }

  #term(syntax: Syntax): Term {
    if (syntax.kind === 'number') {
      if (!Number.isFinite(syntax.value)) this.#refuse(syntax, { why: 'a number that is too large' })
      return syntax.value === 0 ? { kind: 'number', value: 0 } : { kind: 'number', value: syntax.value }
    }
    if (syntax.kind === 'symbol') return this.#refuse(syntax, { why: 'a symbol stands only in front of the parameters of a feature of two symbols' })
    const named = syntax.of.length === 0 ? this.#names.get(syntax.name, this.#timeframe) : undefined
    if (named === undefined) return this.#call(syntax)
    return 'why' in named ? this.#refuse(syntax, named) : named
  }

  #refuse(place: Span, fault: Fault): never {
    return refuseText(this.#text, place, fault)
  }

  /** A family with the usual parameters as it could stand in place of a call: with the timeframe where that is the whole text. */
  #usual(call: Call, family: Family): string {
    return call === this.#root ? idOf(usualLeaf(family), this.#timeframe) : leafText(usualLeaf(family))
  }

  /** Names that someone may have meant, as they are called. */
  #suggestions(call: Call): string[] {
    const names = this.#names
    const plain = Object.hasOwn(plainNames, call.name) ? plainNames[call.name] : undefined
    if (plain !== undefined) return [call === this.#root ? `${plain}@${this.#timeframe}` : plain]
    const known = [...names.keys(), ...this.#catalogue.keys(), ...[...operations.keys()].filter(isFunction)]
    return nearestNames(call.name, new Set(known)).map((near) => {
      const family = this.#catalogue.get(near)
      if (names.has(near)) return near
      return family ? this.#usual(call, family) : functionForm(near, operations.get(near) as Operation)
    })
  }

  /** A name may stand for a family and for a function, as `ema(20)` and `ema(x,20)` do: the number of arguments decides. */
  #call(call: Call): Term {
    const operation = operations.get(call.name)
    const family = this.#catalogue.get(call.name)
    const known = call.written === 'operator' || isFunction(call.name) ? operation : undefined
    const takes = known && known.operands.length + known.parameters.length
    if (known && (call.of.length === takes || !family)) return this.#operation(call, known)
    if (family) return this.#feature(call, family)
    return this.#refuse(
      { at: call.at, end: call.at + call.name.length },
      { why: this.#names.size > 0 ? 'no such feature, and no name of this set' : 'no such feature', nearest: this.#suggestions(call) },
    )
  }

  #operation(call: Call, operation: Operation): Term {
    const { name, of, written } = call
    const { operands, parameters, refuse } = operation
    const form = written === 'operator' ? [] : [functionForm(name, operation)]
    if (of.length !== operands.length + parameters.length)
      this.#refuse(call, { why: `${name} takes ${operands.length + parameters.length} arguments`, nearest: form })
    const terms = operands.map((type, i) => this.#operand(of[i] as Syntax, type))
    const params = parameters.map((parameter, i) => this.#parameter(of[operands.length + i] as Syntax, parameter, form))
    const reason = refuse?.(params)
    if (reason !== undefined) this.#refuse(call, { why: reason, nearest: form })
    return { kind: 'operation', name, of: terms, params }
  }

  #operand(syntax: Syntax, wanted: Operation['operands'][number]): Term {
    const term = this.#term(syntax)
    const type = typeOf(term)
    if (wanted === 'any' || type === wanted) return term
    const help = type === 'condition' ? '; if(c,1,0) makes one of a condition c' : '; a comparison makes one, such as x>0'
    return this.#refuse(syntax, { why: `expected ${inWords[wanted]}, this is ${inWords[type]}${help}` })
  }

  /** A number that is written: whole where it counts bars, within its limits. */
  #parameter(syntax: Syntax, { name, min, max, whole }: Parameter, form: readonly string[]): number {
    if (syntax.kind === 'number' && syntax.value >= min && syntax.value <= max && (!whole || Number.isInteger(syntax.value))) return syntax.value
    const limits = max === Number.MAX_VALUE ? '' : ` from ${min} to ${max}`
    const got = JSON.stringify(this.#text.slice(syntax.at, syntax.end))
    return this.#refuse(syntax, { why: `${name} must be ${whole ? 'a whole number' : 'a number'}${limits}, got ${got}`, nearest: form })
  }

  /** As many arguments as the family declares, the symbol of a partner first. */
  #feature(call: Call, family: Family): Leaf {
    const form = [this.#usual(call, family)]
    const names = [...(family.partner ? ['symbol'] : []), ...family.parameters.map(({ name }) => name)]
    if (call.of.length !== names.length)
      this.#refuse(call, { why: `${family.name} takes ${names.length} parameter(s), always written: ${names.join(',') || 'none'}`, nearest: form })
    const partner = family.partner && this.#partner(call.of[0] as Syntax, form)
    const numbers = call.of.slice(family.partner ? 1 : 0)
    const params = numbers.map((argument, i) => this.#parameter(argument, family.parameters[i] as Parameter, form))
    const reason = family.refuse?.(params)
    return reason === undefined ? { kind: 'feature', family, partner, params } : this.#refuse(call, { why: reason, nearest: form })
  }

  #partner(syntax: Syntax, form: readonly string[]): string {
    if (syntax.kind === 'symbol' && isSymbol(syntax.text)) return syntax.text
    return this.#refuse(syntax, { why: `${JSON.stringify(this.#text.slice(syntax.at, syntax.end))} is not a symbol`, nearest: form })
  }
}

/** The term behind an expression. Throws `unknown_feature` with a caret under what is wrong and the nearest names. */
export const resolveExpression = (text: string, around: Surroundings): Term => new Resolver(text, around).whole()
