import { anyNumber, bars, type Parameter, stepsToSettle, type WarmUp } from '../catalog/family.ts'
import { at, type StepInput } from '../kernels/kernel.ts'
import { type Range, ranges } from './ranges.ts'
import { type Running, type Seat, windows } from './windows.ts'

/** A number, or a condition: 1 where it holds, 0 where it does not. */
export type Type = 'number' | 'condition'

/** The value of an operation on one bar, from those of its operands, which stand in `values` at their slots. */
export type Step = (state: Float64Array, values: Float64Array, input: StepInput) => number

/** Where an operation is put: the slots of its operands and the place of its memory. */
export type Site = Seat & { readonly slots: readonly number[] }

/** Everything that is known about an operator or a function of an expression. */
export type Operation = {
  /** Types of the operands; `any` takes both, a condition as 0 and 1. */
  readonly operands: readonly (Type | 'any')[]
  /** Numbers that are written behind the operands. */
  readonly parameters: readonly Parameter[]
  /** `operand`: that of the first operand. */
  readonly result: Type | 'operand'
  /** Bars that it needs beyond those of its operands. */
  readonly more: (params: readonly number[]) => WarmUp
  readonly range: (operands: readonly Range[], params: readonly number[]) => Range
  /** Reason why the parameters do not go together; absent if every combination does. */
  readonly refuse?: (params: readonly number[]) => string | undefined
  readonly build: (site: Site, params: readonly number[]) => { readonly end: number; readonly step: Step }
}

const fraction = { min: 0, max: 1 } as const
const finite = (value: number): number => (Number.isFinite(value) ? value : NaN)
const nothingMore = { first: 0, settled: 0 } as const

/** An operation on the values of one bar: no value where an operand has none, or where the result is not finite. */
function pointwise(operands: Operation['operands'], of: (...x: number[]) => number, range: (...operands: Range[]) => Range): Operation {
  const step =
    ([a = 0, b = 0, c = 0]: readonly number[]): Step =>
    (_state, values) =>
      finite(of(at(values, a), at(values, b), at(values, c)))
  return {
    operands,
    parameters: [],
    result: 'number',
    more: () => nothingMore,
    range: (given) => range(...given),
    build: ({ slots, from }) => ({ end: from, step: step(slots) }),
  }
}

type One = (x: number) => number
type Two = (a: number, b: number) => number
const onNumber = (of: One, range: (x: Range) => Range): Operation => pointwise(['number'], of, range)
const onNumbers = (of: Two, range: (a: Range, b: Range) => Range): Operation => pointwise(['number', 'number'], of, range)
const comparison = (holds: (a: number, b: number) => boolean): Operation => ({
  ...onNumbers(
    (a, b) => (Number.isNaN(a + b) ? NaN : Number(holds(a, b))),
    () => fraction,
  ),
  result: 'condition',
})
const logic = (operands: Operation['operands'], of: (...x: number[]) => number): Operation => ({
  ...pointwise(operands, of, () => fraction),
  result: 'condition',
})

/** A function of the past of one series. */
function running(name: keyof typeof windows, range: (x: Range, n: number) => Range, least = 1): Operation {
  const make: (count: number, seat: Seat) => Running = windows[name]
  const shifts = name === 'lag' || name === 'delta'
  return {
    operands: ['any'],
    parameters: [bars(shifts ? 'k' : 'n', shifts ? 1 : 20, least)],
    result: name === 'lag' ? 'operand' : 'number',
    more([count = 0]) {
      const first = shifts ? count : count - 1
      return { first, settled: first + (name === 'ema' ? stepsToSettle(1 - 2 / (count + 1)) : 0) }
    },
    range: ([operand], [count = 0]) => range(operand as Range, count),
    build({ slots: [slot = 0], ...seat }, [count = 0]) {
      const made = make(count, seat)
      return { end: made.end, step: (state, values, input) => (input.run <= seat.lag ? NaN : finite(made.next(state, at(values, slot), input))) }
    },
  }
}

const limit = (name: string, usual: number): Parameter => ({ name, min: -Number.MAX_VALUE, max: Number.MAX_VALUE, whole: false, usual })
const between = (x: number, [low = 0, high = 0]: readonly number[]): number => Math.min(Math.max(x, low), high)
const same = (x: Range): Range => x

const clip: Operation = {
  ...onNumber((x) => x, same),
  parameters: [limit('low', -1), limit('high', 1)],
  range: ([x], params) => ranges.rising((value) => between(value, params), x as Range),
  refuse: ([low = 0, high = 0]) => (low < high ? undefined : 'low must be smaller than high'),
  build: ({ slots: [slot = 0], from }, params) => ({ end: from, step: (_state, values) => between(at(values, slot), params) }),
}

/** Only the branch that is taken must have a value, so that a condition can guard a formula. */
const choice: Operation = {
  ...pointwise(
    ['condition', 'number', 'number'],
    () => NaN,
    (_condition, yes = anyNumber, no = anyNumber) => ranges.hull(yes, no),
  ),
  build: ({ slots: [condition = 0, yes = 0, no = 0], from, lag }) => ({
    end: from,
    step: (_state, values, { run }) => (run <= lag || Number.isNaN(at(values, condition)) ? NaN : at(values, at(values, condition) === 1 ? yes : no)),
  }),
}

/** Every operator and function by name. `negative` is the minus sign before one operand. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    '+': onNumbers((a, b) => a + b, ranges.add),
    '-': onNumbers((a, b) => a - b, ranges.subtract),
    '*': onNumbers((a, b) => a * b, ranges.multiply),
    '/': onNumbers((a, b) => a / b, ranges.divide),
    negative: onNumber(
      (x) => -x,
      ({ min, max }) => ({ min: -max, max: -min }),
    ),
    '<': comparison((a, b) => a < b),
    '<=': comparison((a, b) => a <= b),
    '>': comparison((a, b) => a > b),
    '>=': comparison((a, b) => a >= b),
    and: logic(['condition', 'condition'], (a = NaN, b = NaN) => Math.min(a, b)),
    or: logic(['condition', 'condition'], (a = NaN, b = NaN) => Math.max(a, b)),
    not: logic(['condition'], (x = NaN) => 1 - x),
    abs: onNumber(Math.abs, ranges.absolute),
    log: onNumber(Math.log, (x) => ranges.rising(Math.log, x, 0)),
    sqrt: onNumber(Math.sqrt, (x) => ranges.rising(Math.sqrt, x, 0)),
    sign: onNumber(Math.sign, (x) => ranges.rising(Math.sign, x)),
    clip,
    if: choice,
    lag: running('lag', same),
    delta: running('delta', (x) => ranges.subtract(x, x)),
    mean: running('mean', same),
    std: running('std', ranges.deviation, 2),
    zscore: running('zscore', (_x, n) => ranges.score(n), 2),
    sum: running('sum', ranges.times),
    min: running('min', same),
    max: running('max', same),
    rank: running('rank', () => fraction, 2),
    ema: running('ema', same),
  } satisfies Record<string, Operation>),
)
