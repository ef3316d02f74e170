import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { pythonOrSkip } from '../../test/support/python.ts'
import { dayOf, formatDay } from './day.ts'
import { makeSessions, type Sessions } from './sessions.ts'
import { xnysRules } from './xnys.ts'

const sessions = makeSessions(xnysRules())
const rowsOf = ({ opens, closes }: Sessions): string[] => Array.from(opens, (open, i) => `${open / 1_000} ${(closes[i] as number) / 1_000}`)

/** Opens and closes in seconds of every session that the library knows of a span. */
const oracle = `
import sys
import exchange_calendars
schedule = exchange_calendars.get_calendar("XNYS", start=sys.argv[1], end=sys.argv[2]).schedule
for opens, closes in zip(schedule["open"], schedule["close"]):
    print(int(opens.timestamp()), int(closes.timestamp()))
`

test('every session of 58 years opens and closes when exchange_calendars says', (t) => {
  const python = pythonOrSkip(t, ['exchange_calendars'])
  if (python === undefined) return
  const { first, last } = xnysRules()
  const { stdout, stderr, status } = spawnSync(python, ['-c', oracle, formatDay(first), formatDay(last)], { encoding: 'utf8', maxBuffer: 1 << 24 })
  assert.equal(status, 0, stderr)
  const rows = stdout.trim().split('\n')
  assert.ok(rows.length > 14_000)
  assert.deepEqual(rowsOf(sessions), rows)
})

test('a single day that a rule gets wrong would be seen', () => {
  const rules = xnysRules()
  const wrong = makeSessions({ ...rules, isOpen: (day) => day !== dayOf(2031, 3, 4) && rules.isOpen(day) })
  assert.equal(rowsOf(sessions).length - rowsOf(wrong).length, 1)
  assert.notEqual(wrong.digest, sessions.digest)
})

const hoursOf = (day: number): string | undefined => {
  const at = sessions.opens.findIndex((open) => Math.floor(open / 86_400_000) === day)
  return at < 0 ? undefined : [sessions.opens[at], sessions.closes[at]].map((ms) => new Date(ms as number).toISOString().slice(11, 16)).join(' ')
}

test('days that are not like the others', () => {
  const days = {
    '2024-03-08': '14:30 21:00',
    '2024-03-11': '13:30 20:00',
    '2024-03-29': undefined,
    '2024-07-03': '13:30 17:00',
    '2024-07-04': undefined,
    '2024-11-29': '14:30 18:00',
    '2001-09-14': undefined,
    '2001-09-17': '13:30 20:00',
    '2021-12-31': '14:30 21:00',
    '2022-06-20': undefined,
    '2025-01-09': undefined,
  }
  const seen = Object.keys(days).map((day) => [day, hoursOf(Date.parse(day) / 86_400_000)])
  assert.deepEqual(Object.fromEntries(seen), days)
})
