import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timeframe } from '../contracts/timeframe.ts'
import { walkBars } from './bar-walk.ts'
import { barsOfTimeframe } from './bars-of-timeframe.ts'
import type { BarInput } from './check-bar.ts'

const minutes = (count: number, apart = 1): BarInput[] => walkBars({ seed: 2, count, from: Date.UTC(2024, 0, 1), barMs: apart * 60_000 })
async function* of(bars: readonly BarInput[]): AsyncGenerator<BarInput> {
  yield* bars
}
const read = (bars: readonly BarInput[], timeframe: Timeframe) => Array.fromAsync(barsOfTimeframe('bars.csv', timeframe, of(bars)))
const refused = (message: RegExp) => ({ code: 'validation_failed', message })

test('minutes that are called 5m are refused with what they are, as every fifth would be taken for five of them', async () => {
  const finer = refused(/^bars\.csv: its bars are 1m apart and cannot be those of 5m: say --timeframe 1m$/)
  for (const count of [2, 60, 6_000]) await assert.rejects(read(minutes(count), '5m'), finer)
  await assert.rejects(read(minutes(300).toReversed(), '1h'), /1m apart/)
  await assert.rejects(read([...minutes(100), ...minutes(100)], '5m'), finer)
})

test('bars of hours that are called 1m are refused, but not a few that could lie on whole hours by chance', async () => {
  await assert.rejects(read(minutes(50, 60), '1m'), refused(/^bars\.csv: its bars are 1h apart and cannot be those of 1m: say --timeframe 1h$/))
  assert.equal((await read(minutes(5, 60), '1m')).length, 5)
})

test('minutes of which most are missing, that come twice, or that lie in no order are minutes', async () => {
  const some = minutes(900).filter((_, i) => i % 7 === 0)
  assert.deepEqual(await read(some, '1m'), some)
  const twice = minutes(150).flatMap((bar) => [bar, bar])
  assert.deepEqual(await read(twice, '1m'), twice)
  assert.equal((await read([], '1m')).length, 0)
})
