import type { WarmUp } from '../catalog/family.ts'
import { type Timeframe, timeframes } from '../../contracts/timeframe.ts'
import type { Kernel } from '../kernels/kernel.ts'
import { type Operation, operations, type Step } from './operations.ts'
import { boundsOf, type Range } from './ranges.ts'
import { type Leaf, type Term, termText } from './terms.ts'

const operationOf = (name: string): Operation => operations.get(name) as Operation

/** Bars until the first and until the settled value: those of the operands, and then those that the operation itself needs. */
export function warmUpOf(term: Term, timeframe: Timeframe): WarmUp {
  if (term.kind === 'number') return { first: 1, settled: 1 }
  if (term.kind === 'feature') return term.family.warmUp(term.params, timeframes[timeframe])
  const operands = term.of.map((operand) => warmUpOf(operand, timeframe))
  const more = operationOf(term.name).more(term.params)
  const most = (pick: (warmUp: WarmUp) => number): number => Math.max(...operands.map(pick)) + pick(more)
  return { first: most(({ first }) => first), settled: most(({ settled }) => settled) }
}

/** Values that a term can have. */
export function rangeOf(term: Term): Range {
  if (term.kind === 'number') return { min: term.value, max: term.value }
  if (term.kind === 'feature') return term.family.range
  return operationOf(term.name).range(term.of.map(rangeOf), term.params)
}

/** Name of the kernel of a leaf, with its version. */
export const leafKernelKey = ({ family, params }: Leaf): string => `${family.kernelKey(params)}#${family.version}`

/** A kernel inside the kernel of an expression: its part of the state, and what it wrote last. */
type Part = { readonly kernel: Kernel; readonly from: number; readonly out: Float64Array }

/** A leaf's value in its part, and what it may be. */
type Check = { readonly out: Float64Array; readonly output: number; readonly bounds: Range }

const isRefused = ({ out, output, bounds }: Check): boolean => {
  const value = out[output] as number
  return value < bounds.min || value > bounds.max
}

/** The steps of one expression, each different part of it once, operands before what is made of them. */
class Plan {
  readonly parts = new Map<string, Part>()
  readonly steps: Step[] = []
  readonly checks: Check[] = []
  size = 0
  readonly #timeframe: Timeframe
  readonly #slots = new Map<string, number>()
  constructor(timeframe: Timeframe) {
    this.#timeframe = timeframe
  }

  /** Slot of the value of a term. */
  slot(term: Term): number {
    const text = termText(term)
    const known = this.#slots.get(text)
    if (known !== undefined) return known
    const step = this.#step(term)
    this.#slots.set(text, this.steps.length)
    return this.steps.push(step) - 1
  }

  #step(term: Term): Step {
    if (term.kind === 'number') return () => term.value
    if (term.kind === 'feature') {
      const { out } = this.#part(term)
      const check = { out, output: term.family.output, bounds: boundsOf(term.family.range) }
      this.checks.push(check)
      return () => (isRefused(check) ? NaN : (out[check.output] as number))
    }
    const slots = term.of.map((operand) => this.slot(operand))
    const lag = Math.max(...term.of.map((operand) => warmUpOf(operand, this.#timeframe).first)) - 1
    const { end, step } = operationOf(term.name).build({ slots, lag, from: this.size }, term.params)
    this.size = end
    return step
  }

  #part(leaf: Leaf): Part {
    const key = leafKernelKey(leaf)
    const known = this.parts.get(key)
    if (known) return known
    const kernel = leaf.family.kernel(leaf.params)
    const part = { kernel, from: this.size, out: new Float64Array(kernel.outputs) }
    this.size += kernel.size
    this.parts.set(key, part)
    return part
  }
}

/** One kernel for a whole expression: the states of the kernels and functions in it stand one behind the other. A feature outside of its range is no value in it, and the result of that bar is infinite: it is not believed. */
export function expressionKernel(term: Term, timeframe: Timeframe): Kernel {
  const plan = new Plan(timeframe)
  const root = plan.slot(term)
  const { steps, size, checks } = plan
  const parts = [...plan.parts.values()]
  const values = new Float64Array(steps.length)
  let bound: Float64Array | undefined
  let views: Float64Array[] = []
  return {
    size,
    outputs: 1,
    step(state, input, out) {
      if (state !== bound) {
        bound = state
        views = parts.map(({ from, kernel }) => state.subarray(from, from + kernel.size))
      }
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i] as Part
        part.kernel.step(views[i] as Float64Array, input, part.out)
      }
      for (let i = 0; i < steps.length; i++) values[i] = (steps[i] as Step)(state, values, input)
      out[0] = checks.some(isRefused) ? Infinity : (values[root] as number)
    },
  }
}
