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

/**
 * Largest difference over the bars, as a share of the value or, where that is small, of the root mean square of the feature's values; Infinity where one side has a value and the
 * other has none.
 */
function worst(golden: Golden, id: string): number {
  const values = kernelValues(id, '1h', bars)
  const column = golden.ids.indexOf(id)
  const cells = golden.rows.map(({ bar, cells }) => ({ expected: cells[column] === '' ? NaN : Number(cells[column]), value: values[bar] as number }))
  if (cells.some(({ expected, value }) => Number.isNaN(expected) !== Number.isNaN(value))) return Infinity
  const known = cells.filter(({ expected }) => !Number.isNaN(expected))
  const usual = Math.sqrt(known.reduce((sum, { expected }) => sum + expected ** 2, 0) / known.length)
  return known.reduce((most, { expected, value }) => Math.max(most, Math.abs(value - expected) / Math.max(Math.abs(expected), usual, Number.MIN_VALUE)), 0)
}

/** Bands rest on variances, which TA-Lib takes from sums of squares of prices: digits cancel there, not in the exact goldens. */
const limitOf = (name: string, id: string): number => (name === 'talib.csv' && id.startsWith('bb_') ? 1e-11 : 1e-12)

for (const [name, oracle] of [
  ['talib.csv', 'TA-Lib'],
  ['exact.csv', 'their definitions in 60 digits'],
] as const) {
  describe(`kernels against ${oracle}`, () => {
    const golden = readGolden(name)
    for (const id of golden.ids) {
      const limit = limitOf(name, id)
      test(`${id} has its first value on the same bar and differs by at most ${limit}`, () => {
        const seen = worst(golden, id)
        assert.ok(seen <= limit, `differs by ${seen}`)
      })
    }
  })
}

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
  assert.ok(worst(planted, 'rsi(14)@1h') > 1e-10)
})
