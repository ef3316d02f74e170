import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { flowFields } from '../../contracts/flow.ts'
import { walkBars } from '../../market/bar-walk.ts'
import type { BarInput } from '../../market/check-bar.ts'
import type { Unit } from '../catalog/family.ts'
import { families } from '../catalog/index.ts'
import { catalogueEntries } from '../catalogue.ts'
import { defineFeature } from '../definition.ts'
import { kernelRun, kernelValues } from '../testing/kernel-run.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
type Case = { readonly example: string; readonly flatWhen?: string; readonly thousands?: number }

/**
 * Expressions: operators and functions of every kind over kernels that forget and kernels that do not. A function of a running function rests on its bits of before, so that one
 * thousand of bars more must begin before those of two origins agree.
 */
const expressions: readonly Case[] = [
  { example: '(close-sma(20))/atr(14)@1m', flatWhen: 'no range' },
  { example: 'zscore(rsi(14),96)@1m', flatWhen: 'no change' },
  { example: 'zscore(close/(1+volume),30)@1m', flatWhen: 'equal values' },
  { example: 'lag(cci(20),3)-lag(cci(20),1)@1m', flatWhen: 'equal prices' },
  { example: 'delta(mean(volume,10),5)@1m', thousands: 2 },
  { example: 'std(logret(1),30)*sqrt(30)@1m' },
  { example: 'sum(abs(logret(1)),24)@1m' },
  { example: '(close-min(close,50))/(max(close,50)-min(close,50))@1m', flatWhen: 'equal closes' },
  { example: 'rank(volume,40)@1m' },
  { example: 'clip(log(1+volume),0,5)@1m' },
  { example: 'ema(ema(12)-ema(26),9)/close@1m' },
  { example: 'mean(close>sma(20) and not volume<mean(volume,20),50)@1m' },
  { example: 'if(lag(close,1)>0,sign(close-lag(close,1)),-1)@1m' },
  { example: 'zscore(beta(BTC/USDT,30),20)@1m', flatWhen: 'equal returns' },
]
const entries: readonly Case[] = [...catalogueEntries(), ...expressions]
const ids = entries.map(({ example }) => example)
const walk = (seed: number, count: number, from = start) => walkBars({ seed, count, from, barMs: minute })

/** Units in which prices in another currency give the same value. */
const scaleFree: ReadonlySet<Unit> = new Set(['percent', 'ratio', 'log return', 'deviations', 'bps'])

const compute = (id: string, bars: readonly BarInput[]) => kernelValues(id, '1m', bars)

for (const { example: id, flatWhen } of entries) {
  describe(id, () => {
    const { range, warmUp } = defineFeature(id, '1m')

    test('a copy of its state taken anywhere goes on bit for bit', () => {
      fc.assert(
        fc.property(fc.nat(1_000), fc.integer({ min: 1, max: warmUp.first + 398 }), (seed, cut) => {
          const bars = walk(seed, warmUp.first + 399)
          const first = kernelRun(id, '1m')
          for (const bar of bars.slice(0, cut)) first.take(bar)
          const resumed = kernelRun(id, '1m', { memory: Float64Array.from(first.memory), taken: cut })
          for (const bar of bars.slice(cut)) assert.ok(Object.is(resumed.take(bar), first.take(bar)))
        }),
        { numRuns: 15 },
      )
    })

    test('its first value comes when the catalogue says, and its values keep to the declared range', () => {
      const bars = walk(5, warmUp.first + 500)
      const values = compute(id, bars)
      const mayLack = (i: number): boolean => flatWhen !== undefined && bars[i]?.volume === 0
      assert.equal(values.findIndex((value) => !Number.isNaN(value)) + 1, warmUp.first)
      const { min, max } = range
      for (let i = warmUp.first - 1; i < values.length; i++)
        assert.ok(((values[i] as number) >= min && (values[i] as number) <= max) || (Number.isNaN(values[i]) && mayLack(i)), `bar ${i}: ${values[i]}`)
    })

    test('is never infinite, whatever a series without movement or volume does', () => {
      const still = walk(1, warmUp.settled + 500).map((bar) => ({ ...bar, open: 10, high: 10, low: 10, close: 10, volume: 0 }))
      for (const value of compute(id, [...still, ...walk(2, 50, start + still.length * minute)])) assert.ok(Number.isFinite(value) || Number.isNaN(value))
      const stillValue = compute(id, still).at(-1) as number
      assert.equal(Number.isNaN(stillValue), flatWhen !== undefined)
    })
  })
}

describe('where a series begins', () => {
  for (const { example: id, thousands = 1 } of entries) {
    const { first, settled } = defineFeature(id, '1m').warmUp
    const [cut, bars] = [437, walk(11, Math.max(3_000, 1_500 + settled))]
    if (first === settled)
      test(`${id}: two runs with other origins agree bit for bit once a new thousand of bars has begun`, () => {
        const [long, short] = [compute(id, bars), compute(id, bars.slice(cut))]
        const next = bars.findIndex((bar, i) => i > cut + first && (bar.openTime / minute) % 1_000 === 0)
        const thousand = next + 1_000 * (thousands - 1)
        assert.ok(next > 0 && thousand < bars.length - 100)
        for (let i = thousand; i < bars.length; i++) assert.ok(Object.is(long[i], short[i - cut]), `bar ${i}`)
      })
    else
      test(`${id}: settled values of two origins differ by less than a billionth of the price`, () => {
        const [long, short] = [compute(id, bars), compute(id, bars.slice(cut))]
        for (let i = cut + settled - 1; i < bars.length; i++)
          assert.ok(Math.abs((long[i] as number) - (short[i - cut] as number)) <= 1e-9 * Math.max(100, bars[i]?.close ?? 0), `bar ${i}`)
      })
  }
})

describe('a market that stands still after it has moved', () => {
  const pure = catalogueEntries().filter(
    ({ unit, inputs }) => scaleFree.has(unit) && !inputs.some((field) => (flowFields as readonly string[]).includes(field)),
  )
  const still = (settled: number): BarInput[] => {
    const moved = walk(3, settled + 400)
    const { close } = moved.at(-1) as BarInput
    const rest = walk(4, 1_500, start + moved.length * minute)
    return [...moved, ...rest.map(({ openTime }) => ({ openTime, open: close, high: close, low: close, close, volume: 0 }))]
  }
  for (const { example: id, warmUp } of pure)
    test(`${id} says the same of prices in another unit: what moves in their last digits is no value`, () => {
      const bars = still(warmUp.settled)
      const inOther = bars.map(({ open, high, low, close, ...bar }) => ({ ...bar, open: open * 1.1, high: high * 1.1, low: low * 1.1, close: close * 1.1 }))
      const [values, others] = [compute(id, bars), compute(id, inOther)]
      for (let i = warmUp.settled + 400; i < bars.length; i++) {
        const [value, other] = [values[i] as number, others[i] as number]
        assert.ok(Object.is(value, other) || Math.abs(value - other) <= 1e-5 * Math.max(1, Math.abs(value)), `bar ${i}: ${value} and ${other}`)
      }
    })
  test('there are many that it is asked of', () => assert.ok(pure.length > 40))
})

test('rolling variance keeps its digits over 50,000 bars far from its mean', () => {
  const id = 'bb_width(20,2)@1m'
  const run = kernelRun(id, '1m')
  const recent: number[] = []
  let worst = 0
  for (let i = 0; i < 50_000; i++) {
    const close = 1e5 + 3e4 * Math.sin(i / 900) + (i % 7) * 0.01
    const value = run.take({ openTime: start + i * minute, open: close, high: close, low: close, close, volume: 1 })
    recent.push(close)
    if (recent.length > 20) recent.shift()
    if (i % 97 !== 0 || recent.length < 20) continue
    const mean = recent.reduce((sum, x) => sum + x, 0) / 20
    const deviation = Math.sqrt(recent.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 20)
    worst = Math.max(worst, Math.abs(value - (4 * deviation) / mean))
  }
  assert.ok(worst <= 1e-12, `differs by ${worst}`)
})

test('crashes that have left the window leave no trace in its sums', () => {
  for (let crash = 2; crash < 60; crash++) {
    const run = kernelRun('rv(10)@1m', '1m')
    const closes = Array.from({ length: 40 }, (_, i) => (i < 12 ? 100 * crash : i < 15 ? 3 : 100) * (1 + (i % 3) * 1e-7))
    const values = closes.map((close, i) => run.take({ openTime: start + (i + 100) * minute, open: close, high: close, low: close, close, volume: 1 }))
    for (let i = 25; i < 40; i++) {
      const squares = Array.from({ length: 10 }, (_, j) => Math.log((closes[i - j] as number) / (closes[i - j - 1] as number)) ** 2)
      const exact = Math.sqrt(squares.reduce((sum, square) => sum + square, 0))
      assert.ok(Math.abs((values[i] as number) - exact) <= 1e-12 * exact, `crash to 1/${crash}, bar ${i}: ${values[i]} for ${exact}`)
    }
  }
})

test('every family has been put to these laws', () => {
  assert.ok(ids.length >= 19)
  assert.equal(ids.length, families.length + expressions.length)
})
