import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTimeframe, timeframes } from './timeframe.ts'

test('a timeframe is one of the names of the table, not a property that every object has', () => {
  for (const name of Object.keys(timeframes)) assert.equal(isTimeframe(name), true)
  for (const name of ['', '2m', '1M', '60', 'toString', '__proto__', 'constructor']) assert.equal(isTimeframe(name), false, name)
})

test('each longer timeframe is a whole number of minutes, and days are whole numbers of all', () => {
  for (const ms of Object.values(timeframes)) {
    assert.equal(ms % timeframes['1m'], 0)
    assert.equal(timeframes['1d'] % ms, 0)
  }
})
