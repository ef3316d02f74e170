import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timeframe } from '../contracts/timeframe.ts'
import { ofTimeframe } from './bar-spacing.ts'
import { walkBars } from './bar-walk.ts'
import type { BarInput } from './check-bar.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const from = Date.UTC(2024, 0, 1)
const walk = (barMs: number, count = 100): BarInput[] => walkBars({ seed: 1, count, from, barMs })
async function* stream(bars: readonly BarInput[]): AsyncGenerator<BarInput> {
  yield* bars
}
const read = (bars: readonly BarInput[], timeframe: Timeframe) => Array.fromAsync(ofTimeframe(stream(bars), timeframe, 'bars.csv'))
const refused = (bars: readonly BarInput[], [timeframe, other]: readonly [Timeframe, Timeframe]) =>
  assert.rejects(read(bars, timeframe), {
    code: 'validation_failed',
    message: `bars.csv: its bars follow each other as ${other} bars do, not as ${timeframe} bars: say --timeframe ${other}`,
  })

test('shorter bars are not a few longer ones, in whatever order they stand', async () => {
  await refused(walk(minute), ['5m', '1m'])
  await refused(walk(minute, 3), ['1h', '1m'])
  await refused(walk(hour).toReversed(), ['1d', '1h'])
})

test('longer bars are not shorter ones that would be known before they have closed', async () => {
  await refused(walk(5 * minute), ['1m', '5m'])
  await refused(walk(day), ['1h', '1d'])
  await refused(walk(5 * minute).toSpliced(3, 7), ['1m', '5m'])
})

test('bars of their timeframe are all given back: with gaps, doubles and some off the grid, few of them, and one a day as sessions may have', async () => {
  const whole = walk(minute)
  const strange = whole.toSpliced(2, 9).toSpliced(5, 0, whole[0] as BarInput, { ...(whole[20] as BarInput), openTime: from + 20.5 * minute })
  const few = walk(5 * minute, 10)
  const daily = walk(day).map((bar) => ({ ...bar, openTime: bar.openTime + day / 2 }))
  for (const [bars, timeframe] of [
    [whole, '1m'],
    [strange, '1m'],
    [few, '1m'],
    [daily, '12h'],
    [[], '1m'],
    [whole.slice(0, 1), '1m'],
  ] as const)
    assert.deepEqual(await read(bars, timeframe), bars)
})
