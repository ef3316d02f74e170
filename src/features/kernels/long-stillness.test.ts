import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { flowFields } from '../../contracts/flow.ts'
import { walkBars } from '../../market/bar-walk.ts'
import type { BarInput } from '../../market/check-bar.ts'
import type { Unit } from '../catalog/family.ts'
import { type CatalogueEntry, catalogueEntries } from '../catalogue.ts'
import { kernelValues } from '../testing/kernel-run.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const moved = walkBars({ seed: 3, count: 700, from: start, barMs: minute })
const { close: last } = moved.at(-1) as BarInput
const inOrder = (bars: readonly Omit<BarInput, 'openTime'>[]): BarInput[] => bars.map((bar, i) => ({ ...bar, openTime: start + i * minute }))

const still: Omit<BarInput, 'openTime'> = { open: last, high: last, low: last, close: last, volume: 0 }
/** Moves that are no moves of highs and lows: ranges that stay where they are. */
const inside = Array.from({ length: 2 }, (_, i) => ({ open: last, high: last * 1.01, low: last * 0.99, close: last * (1 + 0.005 * i), volume: 1 }))

/** Without units of the feed, and whatever the time: in those a market that stands still says the same for ever. */
const scaleFree: ReadonlySet<Unit> = new Set(['percent', 'ratio', 'log return', 'deviations', 'bps'])
const ofDays: ReadonlySet<string> = new Set(['vwap_day_ratio', 'rvol_tod'])
const isOfPrices = ({ name, unit, inputs }: CatalogueEntry): boolean =>
  scaleFree.has(unit) &&
  !ofDays.has(name) &&
  inputs.length > 0 &&
  !inputs.some((field) => field === 'closeTime' || (flowFields as readonly string[]).includes(field))

/** A family at its shortest, so that some 3,000 bars are enough to leave nothing of an average: of 14 bars it takes 10,000. */
const shortest = ({ name, example, parameters }: CatalogueEntry): string => {
  const params = parameters.map(({ whole, min, usual }, i) => (whole ? Math.min(usual, Math.max(min, 3 + i)) : usual))
  const partner = /\((\D+\/\D+,)/.exec(example)?.[1] ?? ''
  return parameters.length === 0 ? example : `${name}(${partner}${params.join(',')})@1m`
}

const near = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a))
const ids = catalogueEntries().filter(isOfPrices).map(shortest)

describe('a market that stands still for longer than an average remembers', () => {
  for (const id of ids) {
    test(`${id} says to its end what it said at its beginning`, () => {
      const values = kernelValues(id, '1m', inOrder([...moved, ...Array.from({ length: 3_500 }, () => still)])).subarray(moved.length)
      for (const [i, value] of values.entries()) assert.ok(i < 500 || near(values[500] as number, value), `bar ${i}: ${value} after ${values[500]}`)
    })
    test(`${id} says the same of what moves next, however long that was`, () => {
      const next = walkBars({ seed: 8, count: 200, from: start, barMs: minute }).map((bar) => ({ ...bar, volume: bar.volume + 1 }))
      const after = (stillness: number): Float64Array =>
        kernelValues(id, '1m', inOrder([...moved, ...Array.from({ length: stillness }, () => still), ...next])).subarray(-next.length)
      const [soon, late] = [after(500), after(3_500)]
      for (const [i, value] of late.entries()) assert.ok(near(soon[i] as number, value), `bar ${i}: ${value}, and ${soon[i]} after less`)
    })
  }
  test('there are many that it is asked of', () => assert.ok(ids.length > 40, ids.join(' ')))
})

test('bars that reach no further than the ones before for long leave the directional index where it was', () => {
  const bars = inOrder([...moved, ...Array.from({ length: 3_000 }, (_, i) => inside[i % 2] ?? still), ...Array.from({ length: 3_000 }, () => still)])
  for (const id of ['plus_di(3)@1m', 'minus_di(3)@1m', 'adx(3)@1m']) {
    const values = kernelValues(id, '1m', bars).subarray(moved.length)
    for (const [i, value] of values.entries()) assert.ok(i < 500 || near(values[500] as number, value), `${id} at bar ${i}: ${value} after ${values[500]}`)
  }
})
