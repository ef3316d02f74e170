import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInCalendars } from '../calendars/calendars.ts'
import { everyPeriod } from '../calendars/periods.ts'
import { Series } from '../market/series.ts'
import { toBar } from '../market/check-bar.ts'
import { firstMissing } from './first-missing.ts'

const barMs = 60_000
const now = 1_700_000_040_000 + 30_000
const current = Math.floor(now / barMs) * barMs
/** A series with the bars that closed so many bars ago. */
function seriesOf(...ago: readonly number[]): Series {
  const series = new Series({ symbol: 'BTC/USDT', timeframe: '1m' }, { calendar: 'continuous', clock: 'live' })
  for (const n of ago) series.apply(toBar({ openTime: current - n * barMs, open: 1, high: 1, low: 1, close: 1, volume: 1 }, '1m', now))
  return series
}
const missing = (series: Series | undefined, history = 5, most = 10): number =>
  (current - firstMissing(series, { periods: everyPeriod(barMs), barMs, now, history, most })) / barMs

test('a series that does not exist is missing as far back as history is wanted', () => assert.equal(missing(undefined), 5))
test('what follows the last stored bar is missing', () => assert.equal(missing(seriesOf(5, 4, 3)), 2))
test('a gap in the history is missing, although later bars are there', () => assert.equal(missing(seriesOf(5, 4, 2, 1)), 3))
test('after a long absence everything since is missing, but no more than may be asked for', () => {
  assert.equal(missing(seriesOf(9, 8)), 7)
  assert.equal(missing(seriesOf(99, 98)), 10)
})
test('history that is wanted and was never there is missing', () => assert.equal(missing(seriesOf(2, 1)), 5))
test('a series that goes on where another replica’s ended wants none of the history before its first bar', () => {
  const goesOn = (series: Series | undefined): number =>
    (current - firstMissing(series, { periods: everyPeriod(barMs), barMs, now, history: 5, most: 10, goesOn: true })) / barMs
  assert.deepEqual([goesOn(seriesOf(3, 2)), goesOn(seriesOf(4, 2, 1)), goesOn(seriesOf(9, 8)), goesOn(undefined)], [1, 3, 7, 5])
})
test('with sessions, what is wanted and what is missing is counted in their bars', () => {
  const at = (text: string): number => Date.parse(`${text}Z`)
  const periods = builtInCalendars.periods('XNYS', '1m')
  const reach = { periods, barMs, now: at('2024-07-08T13:32:10'), history: 5, most: 600 }
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16)
  assert.equal(text(firstMissing(undefined, reach)), '2024-07-05T19:57')
  const series = new Series({ symbol: 'SPY/USD', timeframe: '1m' }, { calendar: 'XNYS', clock: 'live' })
  const take = (openTime: number): void => void series.apply(toBar({ openTime, open: 1, high: 1, low: 1, close: 1, volume: 1 }, '1m', now))
  for (let open = at('2024-07-05T19:50'); open < at('2024-07-05T20:00'); open += barMs) take(open)
  assert.equal(text(firstMissing(series, reach)), '2024-07-08T13:30')
  take(at('2024-07-08T13:30'))
  assert.equal(text(firstMissing(series, { ...reach, now: at('2024-07-09T01:00') })), '2024-07-08T13:31')
})
