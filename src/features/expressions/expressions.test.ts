import assert from 'node:assert/strict'
import { boundsOf } from './ranges.ts'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { noFlow } from '../../contracts/flow.ts'
import { walkBars } from '../../market/bar-walk.ts'
import type { BarInput } from '../../market/check-bar.ts'
import { families } from '../catalog/index.ts'
import { defineFeature } from '../definition.ts'
import { kernelValues } from '../testing/kernel-run.ts'
import { expressionKernel, warmUpOf } from './compile.ts'
import { operations } from './operations.ts'
import { resolveExpression } from './resolve.ts'
import { idOf, leafText, type Term, termText, typeOf } from './terms.ts'
import { definitions } from './testing/on-arrays.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)

const leaf = fc.constantFrom(
  'close',
  'volume',
  'rsi(3)',
  'sma(5)',
  'atr(4)',
  'macd(2,4,3)',
  'macd_signal(2,4,3)',
  'donchian_pos(6)',
  'logret(1)',
  'tod_sin',
  'rank(4)',
)
const resolve = (text: string): Term => resolveExpression(text, { until: text.length, timeframe: '1m', names: new Map() })
const written = [...operations].filter(([, { parameters }]) => parameters.length <= 2)

/** Random terms whose types fit, made from the table of operations itself. */
const { number, condition } = fc.letrec<{ number: Term; condition: Term }>((tie) => {
  const apply = (name: string, of: readonly Term[], params: readonly number[]): Term => ({ kind: 'operation', name, of, params })
  const folded = (name: string, of: readonly Term[]): boolean => name === 'negative' && of[0]?.kind === 'number'
  const built = (type: 'number' | 'condition'): fc.Arbitrary<Term>[] =>
    written
      .filter(([, { result }]) => result === type)
      .map(([name, { operands, parameters }]) => {
        const params = name === 'clip' ? fc.constant([-0.5, 40]) : fc.tuple(...parameters.map(({ min }) => fc.integer({ min, max: 8 })))
        const of = fc.tuple(...operands.map((operand) => tie(operand === 'condition' ? 'condition' : 'number')))
        return fc.tuple(of, params).map(([terms, numbers]) => (folded(name, terms) ? (terms[0] as Term) : apply(name, terms, numbers)))
      })
  const lagged = (type: 'number' | 'condition') => fc.tuple(tie(type), fc.integer({ min: 1, max: 8 })).map(([x, k]) => apply('lag', [x], [k]))
  const value = fc
    .oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.integer({ min: -9, max: 99 }))
    .map((x): Term => ({ kind: 'number', value: x === 0 ? 0 : x }))
  return {
    number: fc.oneof({ depthSize: 'small' }, leaf.map(resolve), leaf.map(resolve), value, ...built('number'), lagged('number')),
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.tuple(leaf, leaf).map(([a, b]) => resolve(`${a}<=${b}`)),
      ...built('condition'),
      lagged('condition'),
    ),
  }
})

describe('text', () => {
  test('of a term is read back as the same term', () => {
    fc.assert(
      fc.property(fc.oneof(number, condition), (term) => {
        assert.deepEqual(resolve(termText(term)), term)
      }),
      { numRuns: 400 },
    )
  })

  test('has one form: spaces and needless parentheses do not change a term', () => {
    const forms = [
      ['( close - sma( 20 ) ) / (atr(14))', '(close-sma(20))/atr(14)'],
      ['(close+volume)+1', 'close+volume+1'],
      ['close+(volume+1)', 'close+(volume+1)'],
      ['close-(-1)', 'close--1'],
      ['-(close)*2', '-close*2'],
      ['-(close*2)', '-(close*2)'],
      ['not (rsi(14)>70)and(close>open_)', undefined],
      ['not (rsi(14)>70)and(close>volume or 1<close)', 'not rsi(14)>70 and (close>volume or 1<close)'],
      ['(not rsi(14)>70) or close>1', 'not rsi(14)>70 or close>1'],
      ['lag((rsi(14)>70),1)', 'lag(rsi(14)>70,1)'],
      ['close*1e3', 'close*1000'],
      ['close*.5', 'close*0.5'],
      ['close*1e21', 'close*1e+21'],
      ['14/2*close', '14/2*close'],
      ['beta( BTC/USDT:USDT-240628 ,60)', 'beta(BTC/USDT:USDT-240628,60)'],
      ['beta(1INCH/USDT,60)', 'beta(1INCH/USDT,60)'],
      ['ema(ema(20),5)-ema(20)', 'ema(ema(20),5)-ema(20)'],
    ] as const
    for (const [text, canonical] of forms)
      if (canonical === undefined) assert.throws(() => resolve(text), { code: 'unknown_feature' })
      else assert.equal(termText(resolve(text)), canonical)
  })

  test('refers to every family that can be written', () => {
    for (const { name } of families) assert.ok(!['and', 'or', 'not'].includes(name) && (name === 'ema' || name === 'rank' || !operations.has(name)), name)
  })
})

const bars = walkBars({ seed: 4, count: 260, from: start + 900 * minute, barMs: minute })

function streamed(term: Term, given: readonly BarInput[] = bars): number[] {
  const kernel = expressionKernel(term, '1m')
  const [state, out] = [new Float64Array(kernel.size), new Float64Array(1)]
  return given.map((bar, i) => {
    kernel.step(state, { ...bar, closeTime: bar.openTime + minute, partnerClose: NaN, flow: noFlow, index: bar.openTime / minute, run: i + 1 }, out)
    return out[0] as number
  })
}

const finite = (value: number): number => (Number.isFinite(value) ? value : NaN)
const logical =
  (of: (...x: number[]) => boolean) =>
  (...x: number[]) =>
    x.some(Number.isNaN) ? NaN : of(...x) ? 1 : 0

/** What each operator means on one bar. */
const meanings: Readonly<Record<string, (...x: number[]) => number>> = {
  '+': (a = 0, b = 0) => a + b,
  '-': (a = 0, b = 0) => a - b,
  '*': (a = 0, b = 0) => a * b,
  '/': (a = 0, b = 0) => a / b,
  negative: (a = 0) => -a,
  '<': logical((a = 0, b = 0) => a < b),
  '<=': logical((a = 0, b = 0) => a <= b),
  '>': logical((a = 0, b = 0) => a > b),
  '>=': logical((a = 0, b = 0) => a >= b),
  and: logical((a, b) => a === 1 && b === 1),
  or: logical((a, b) => a === 1 || b === 1),
  not: logical((a) => a !== 1),
  abs: Math.abs,
  log: Math.log,
  sqrt: Math.sqrt,
  sign: Math.sign,
  clip: (x = 0) => (x < -0.5 ? -0.5 : x > 40 ? 40 : x),
  if: (c = NaN, a = NaN, b = NaN) => (Number.isNaN(c) ? NaN : c === 1 ? a : b),
}

/** One operation over the whole arrays of its operands. */
function onArrays({ name, params }: Extract<Term, { kind: 'operation' }>, operands: readonly (readonly number[])[]): number[] {
  const meaning = meanings[name]
  if (meaning) return bars.map((_, i) => finite(meaning(...operands.map((values) => values[i] as number))))
  return definitions[name as keyof typeof definitions](operands[0] as readonly number[], params[0] as number).map(finite)
}

/** Rounding that a function may add on each bar: of sums, in proportion to the largest value of the series; of a z-score, as much as its mean has over its deviation. */
function tolerance({ name, params: [n = 0] }: Extract<Term, { kind: 'operation' }>, operand: readonly number[]): (bar: number) => number {
  if (name === 'zscore') {
    const [means, deviations] = [definitions.mean(operand, n), definitions.std(operand, n)]
    return (bar) => 1e-9 + 1e-14 * Math.abs((means[bar] as number) / (deviations[bar] as number))
  }
  const size = Math.max(0, ...operand.map((value) => (Number.isNaN(value) ? 0 : Math.abs(value))))
  return () => (['sum', 'mean', 'std', 'ema'].includes(name) ? 1e-10 * size : 0)
}

/** Compares every part of a term with what its operation means over the values of its operands. */
function checkParts(term: Term): void {
  if (term.kind === 'feature') assert.deepEqual(streamed(term), [...kernelValues(idOf(term, '1m'), '1m', bars)], leafText(term))
  if (term.kind !== 'operation') return
  term.of.forEach(checkParts)
  const operands = term.of.map((operand) => streamed(operand))
  const expected = onArrays(term, operands)
  const seen = streamed(term)
  const near = tolerance(term, operands[0] as number[])
  for (let i = warmUpOf(term, '1m').first - 1; i < bars.length; i++) {
    const [value, wanted] = [seen[i] as number, expected[i] as number]
    const there = Number.isNaN(value) === Number.isNaN(wanted) || term.name === 'zscore'
    assert.ok(there && !(Math.abs(value - wanted) > near(i)), `${termText(term)} bar ${i}: ${value} for ${wanted}`)
  }
}

describe('kernels of expressions', () => {
  test('of random terms: every part is its definition over the values of its operands, and features are those of the catalogue bit for bit', () => {
    fc.assert(fc.property(fc.oneof(number, condition), checkParts), { numRuns: 120 })
  })

  test('go on in a copy of their state, and values before a bar do not know of those after it', () => {
    fc.assert(
      fc.property(fc.oneof(number, condition), fc.integer({ min: 1, max: 259 }), (term, cut) => {
        const whole = streamed(term)
        assert.deepEqual(streamed(term, bars.slice(0, cut)), whole.slice(0, cut))
        const kernel = expressionKernel(term, '1m')
        let state = new Float64Array(kernel.size)
        const out = new Float64Array(1)
        for (const [i, bar] of bars.entries()) {
          if (i === cut) state = Float64Array.from(state)
          kernel.step(state, { ...bar, closeTime: bar.openTime + minute, partnerClose: NaN, flow: noFlow, index: bar.openTime / minute, run: i + 1 }, out)
          assert.ok(Object.is(out[0], whole[i]))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('keep to the range that follows from those of their parts, and conditions are 0 and 1', () => {
    fc.assert(
      fc.property(fc.oneof(number, condition), (term) => {
        const text = idOf(term, '1m')
        fc.pre(text.length <= 200 && term.kind !== 'number')
        const { min, max } = boundsOf(tryDefine(text)?.range ?? { min: -Infinity, max: Infinity })
        for (const value of streamed(term)) {
          assert.ok(Number.isNaN(value) || (value >= min && value <= max), `${text}: ${value}`)
          assert.ok(typeOf(term) === 'number' || Number.isNaN(value) || value === 0 || value === 1)
        }
      }),
      { numRuns: 200 },
    )
  })
})

function tryDefine(id: string): { readonly range: { readonly min: number; readonly max: number } } | undefined {
  try {
    return defineFeature(id, '1m')
  } catch {
    return undefined
  }
}
