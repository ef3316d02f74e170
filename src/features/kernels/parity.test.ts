import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { demoBars } from '../../market/demo-bars.ts'
import { kernelValues } from '../testing/kernel-run.ts'

const bars = demoBars().filter(({ openTime }) => openTime >= Date.UTC(2025, 0, 1))

type Golden = { readonly ids: readonly string[]; readonly rows: readonly { readonly bar: number; readonly cells: readonly string[] }[] }

function readGolden(name: string): Golden {
  const [header = '', ...lines] = readFileSync(new URL(`../../../test/golden/features/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const ids = [...header.matchAll(/"([^"]+)"/g)].map((match) => match[1] as string)
  const rows = lines.map((line) => line.split(',')).map(([bar, ...cells]) => ({ bar: Number(bar), cells }))
  return { ids, rows }
}

/** TA-Lib's numbers carry the rounding of running sums of prices: differences count in units of max(|value|, |close|). */
const besidePrice = (value: number, bar: number): number => Math.max(Math.abs(value), bars[bar]?.close ?? 0)
const besideOne = (value: number): number => Math.max(Math.abs(value), 1)

/** Largest difference over the bars in units of the scale; Infinity where one side has a value and the other has none. */
function worst(golden: Golden, id: string, scale: (value: number, bar: number) => number): number {
  const values = kernelValues(id, '1h', bars)
  const column = golden.ids.indexOf(id)
  return golden.rows.reduce((most, { bar, cells }) => {
    const expected = cells[column] === '' ? NaN : Number(cells[column])
    const value = values[bar] as number
    if (Number.isNaN(expected) || Number.isNaN(value)) return Number.isNaN(expected) === Number.isNaN(value) ? most : Infinity
    return Math.max(most, Math.abs(value - expected) / scale(expected, bar))
  }, 0)
}

/** TA-Lib takes the variance from sums of squares of prices, whose digits cancel. */
const varianceFamily = ['bb_']

describe('kernels against TA-Lib', () => {
  const golden = readGolden('talib.csv')
  for (const id of golden.ids) {
    const bar = varianceFamily.some((name) => id.startsWith(name)) ? 1e-8 : 1e-12
    test(`${id} has its first value on the same bar and differs by at most ${bar}`, () => {
      assert.ok(worst(golden, id, besidePrice) <= bar, `differs by ${worst(golden, id, besidePrice)}`)
    })
  }
})

describe('kernels against their definitions in 60 digits', () => {
  const golden = readGolden('exact.csv')
  for (const id of golden.ids) {
    test(`${id} has its first value on the same bar and differs by at most 1e-12 of the larger of 1 and itself`, () => {
      assert.ok(worst(golden, id, besideOne) <= 1e-12, `differs by ${worst(golden, id, besideOne)}`)
    })
  }
})

test('the goldens cover more than 500 bars and every family of the catalogue', async () => {
  const { families } = await import('../catalog/index.ts')
  const goldens = [readGolden('talib.csv'), readGolden('exact.csv')]
  const covered = new Set(goldens.flatMap(({ ids }) => ids.map((id) => id.replace(/[(@].*/, ''))))
  assert.ok(goldens.every(({ rows }) => rows.length > 500))
  assert.deepEqual(
    families.map(({ name }) => name).filter((name) => !covered.has(name)),
    [],
  )
})

test('a golden that is off by one part in a billion is noticed', () => {
  const golden = readGolden('talib.csv')
  const column = golden.ids.indexOf('rsi(14)@1h')
  const planted = {
    ...golden,
    rows: golden.rows.map(({ bar, cells }) => ({ bar, cells: cells.with(column, cells[column] === '' ? '' : String(Number(cells[column]) * (1 + 1e-9))) })),
  }
  assert.ok(worst(planted, 'rsi(14)@1h', besidePrice) > 1e-12)
})
