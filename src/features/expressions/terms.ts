import type { Timeframe } from '../../contracts/timeframe.ts'
import type { Family } from '../catalog/family.ts'
import { operations, type Type } from './operations.ts'
import { comparing, infix, prefix } from './parse.ts'

/** A feature of the catalogue with its arguments: the other symbol, if it is computed with one, and its parameters. */
export type Leaf = { readonly kind: 'feature'; readonly family: Family; readonly partner: string | undefined; readonly params: readonly number[] }

/** An expression whose names are all known and whose types fit. */
export type Term =
  | { readonly kind: 'number'; readonly value: number }
  | Leaf
  | { readonly kind: 'operation'; readonly name: string; readonly of: readonly Term[]; readonly params: readonly number[] }

/** Type of the value of a term. */
export function typeOf(term: Term): Type {
  if (term.kind !== 'operation') return 'number'
  const result = operations.get(term.name)?.result ?? 'number'
  return result === 'operand' ? typeOf(term.of[0] as Term) : result
}

const called = (name: string, args: readonly (string | number)[]): string => (args.length === 0 ? name : `${name}(${args.join(',')})`)

/** How a feature of the catalogue is written, without its timeframe. */
export const leafText = ({ family, partner, params }: Omit<Leaf, 'kind'>): string => called(family.name, partner === undefined ? params : [partner, ...params])

const tight = (name: string): string => (name === 'and' || name === 'or' ? ` ${name} ` : name)
const signs: Readonly<Record<string, string>> = { not: 'not ', negative: '-' }

/** The canonical text, in parentheses if it binds less strongly than `level`. */
function written(term: Term, level: number): string {
  if (term.kind === 'number') return String(term.value)
  if (term.kind === 'feature') return leafText(term)
  const { name, of, params } = term
  const binds = of.length === 1 ? prefix[name] : infix[name]
  if (binds === undefined) return called(name, [...of.map((operand) => written(operand, 0)), ...params])
  const [left, right] = of as [Term, Term | undefined]
  const text =
    right === undefined
      ? `${signs[name] ?? ''}${written(left, binds)}`
      : `${written(left, binds === comparing ? binds + 1 : binds)}${tight(name)}${written(right, binds + 1)}`
  return binds < level ? `(${text})` : text
}

/** The one way in which a term is written: no spaces but around words, no parentheses but those that are needed. */
export const termText = (term: Term): string => written(term, 0)

/** How a term is written as an id on a timeframe; features of the calendar alone have none. */
export const idOf = (term: Term, timeframe: Timeframe): string =>
  term.kind === 'feature' && !term.family.perTimeframe ? leafText(term) : `${termText(term)}@${timeframe}`

/** The features of the catalogue that a term rests on, each once, from left to right. */
export function leavesOf(term: Term): Leaf[] {
  const leaves = new Map<string, Leaf>()
  const visit = (one: Term): void => {
    if (one.kind === 'feature') leaves.set(leafText(one), one)
    if (one.kind === 'operation') one.of.forEach(visit)
  }
  visit(term)
  return [...leaves.values()]
}
