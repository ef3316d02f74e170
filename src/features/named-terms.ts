import type { Timeframe } from '../contracts/timeframe.ts'
import { type FeatureContext, type FeatureReading, readFeature } from './definition.ts'
import { FeatureTextError, type Fault } from './expressions/refuse-text.ts'
import type { Names } from './expressions/resolve.ts'
import type { Term } from './expressions/terms.ts'

type Outcome = FeatureReading | FeatureTextError

/** The named features of one set, each read when it is first asked for, so that they may stand in any order; none may rest on itself. */
export class NamedTerms implements Names {
  readonly #texts: ReadonlyMap<string, string>
  readonly #around: Omit<FeatureContext, 'names'>
  readonly #read = new Map<string, Outcome>()
  readonly #open: string[] = []
  constructor(texts: ReadonlyMap<string, string>, around: Omit<FeatureContext, 'names'>) {
    this.#texts = texts
    this.#around = around
  }

  get size(): number {
    return this.#texts.size
  }
  keys(): Iterable<string> {
    return this.#texts.keys()
  }
  has(name: string): boolean {
    return this.#texts.has(name)
  }

  get(name: string, timeframe: Timeframe): Term | Fault | undefined {
    if (!this.#texts.has(name)) return undefined
    if (this.#open.includes(name)) return { why: `rests on itself: ${[...this.#open.slice(this.#open.indexOf(name)), name].join(' → ')}` }
    const outcome = this.reading(name)
    if (outcome instanceof FeatureTextError) return { why: `${name} is refused itself` }
    const { definition, term } = outcome
    return definition.id.includes('@') && definition.timeframe !== timeframe ? { why: `${name} is on ${definition.timeframe}, this on ${timeframe}` } : term
  }

  /** What one of the names stands for, or why it is refused. */
  reading(name: string): Outcome {
    const known = this.#read.get(name)
    if (known) return known
    this.#open.push(name)
    const outcome = attempt(this.#texts.get(name) ?? '', { ...this.#around, names: this })
    this.#open.pop()
    this.#read.set(name, outcome)
    return outcome
  }
}

/** Reads a feature; a refusal is a value. */
export function attempt(text: string, around: FeatureContext): Outcome {
  try {
    return readFeature(text, around)
  } catch (error) {
    if (error instanceof FeatureTextError) return error
    throw error
  }
}
