import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { durationMs } from './written-units.ts'
import { isTimeframe, timeframes } from './timeframe.ts'

test('a timeframe is one of the names of the table, not a property that every object has', () => {
  for (const name of Object.keys(timeframes)) assert.equal(isTimeframe(name), true)
  for (const name of ['', '2m', '1M', '60', 'toString', '__proto__', 'constructor']) assert.equal(isTimeframe(name), false, name)
})

test('the timeframes stand in the order of their length, and days are whole numbers of each', () => {
  const lengths = Object.values(timeframes)
  assert.deepEqual(
    lengths,
    lengths.toSorted((a, b) => a - b),
  )
  for (const ms of lengths) assert.equal(timeframes['1d'] % ms, 0)
})

test('the name of a timeframe says its length, as a duration of the manifest does', () => {
  for (const [name, ms] of Object.entries(timeframes)) assert.equal(durationMs(name), ms)
})

test('the package for Python takes the same timeframes', () => {
  const python = readFileSync(new URL('../../python/presage/description.py', import.meta.url), 'utf8')
  const [, list = ''] = /^TIMEFRAMES = \((.*)\)$/m.exec(python) ?? []
  assert.deepEqual(
    list.split(', '),
    Object.keys(timeframes).map((name) => `"${name}"`),
  )
})
