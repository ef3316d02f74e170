import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { builtInCalendars, Calendars } from './calendars.ts'
import { dayOf } from './day.ts'
import { makeSessions, type SessionRules, type Sessions } from './sessions.ts'

const makeRules = (overrides: Partial<SessionRules> = {}): SessionRules => ({
  name: 'TEST',
  timeZone: 'America/New_York',
  first: dayOf(2024, 1, 1),
  last: dayOf(2024, 12, 31),
  hours: [{ open: 9 * 60, close: 16 * 60 }],
  isOpen: (day) => (day + 4) % 7 > 0 && (day + 4) % 7 < 6,
  earlyClose: () => undefined,
  ...overrides,
})
const periodsOf = (timeframe: Timeframe, overrides: Partial<SessionRules> = {}) =>
  new Calendars([makeSessions(makeRules(overrides))]).periods('TEST', timeframe)
const at = (text: string): number => Date.parse(`${text}Z`)
const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16)

/** What a table says, one period after another: slow, and plain. */
function listed({ opens, closes }: Sessions, barMs: number): number[] {
  const found = new Set<number>()
  for (const [i, open] of opens.entries()) for (let at = Math.floor(open / barMs) * barMs; at < (closes[i] as number); at += barMs) found.add(at)
  return [...found]
}

describe('periods of XNYS', () => {
  const minutes = builtInCalendars.periods('XNYS', '1m')
  test('follow each other over a night, a weekend and a holiday', () => {
    assert.equal(text(minutes.nextOpen(at('2024-07-03T17:00'))), '2024-07-05T13:30')
    assert.equal(minutes.count(at('2024-07-03T17:00'), at('2024-07-05T13:30')), 0)
    assert.equal(minutes.count(at('2024-07-03T16:59'), at('2024-07-05T13:31')), 2)
    assert.equal(text(minutes.back(at('2024-07-05T13:31'), 2)), '2024-07-03T16:59')
  })
  test('are 390 on a whole day and 210 on a short one, in summer as in winter', () => {
    const counts = ['2024-03-08', '2024-03-11', '2024-07-03', '2024-07-04'].map((day) => minutes.count(at(`${day}T00:00`), at(`${day}T23:59`)))
    assert.deepEqual(counts, [390, 390, 210, 0])
  })
  test('lie on the grid of UTC: the hour in which a session begins is one, and a day is one', () => {
    const hours = builtInCalendars.periods('XNYS', '1h')
    assert.equal(text(hours.nextOpen(at('2024-03-08T00:00'))), '2024-03-08T14:00')
    assert.equal(hours.count(at('2024-03-08T00:00'), at('2024-03-09T00:00')), 7)
    assert.equal(builtInCalendars.periods('XNYS', '1d').count(at('2024-01-01T00:00'), at('2025-01-01T00:00')), 252)
  })
  test('refuse a moment outside: why, what is next, and what to do', () => {
    assert.equal(minutes.refusal(at('2024-07-05T13:30')), undefined)
    assert.match(minutes.refusal(at('2024-07-04T15:00')) ?? '', /^XNYS has no session then, the next session begins at 2024-07-05T13:30:00Z; .*as_received$/)
    assert.match(minutes.refusal(at('1990-01-02T15:00')) ?? '', /covers 1993-01-01T05:00:00Z to 2051-01-01T05:00:00Z/)
  })
})

test('beyond the days that are covered there are no bars, and every moment counts as open', () => {
  const minutes = periodsOf('1m')
  const [lastClose, end] = [at('2024-12-31T21:00'), at('2025-01-01T05:00')]
  assert.equal(minutes.nextOpen(lastClose), end)
  assert.equal(minutes.nextOpen(end + 90_000), end + 90_000)
  assert.equal(minutes.count(lastClose, at('2030-01-01T00:00')), 0)
  assert.match(minutes.refusal(at('2025-01-02T15:00')) ?? '', /covers 2024-01-01T05:00:00Z to 2025-01-01T05:00:00Z/)
})

test('a break at noon is no gap, and an hour that both sides share is one period', () => {
  const hours = [
    { open: 9 * 60, close: 11 * 60 + 30 },
    { open: 11 * 60 + 45, close: 15 * 60 },
  ]
  const zone = { timeZone: 'Asia/Tokyo', hours }
  assert.equal(periodsOf('1m', zone).count(at('2024-01-10T02:29'), at('2024-01-10T02:46')), 2)
  assert.equal(periodsOf('1h', zone).count(at('2024-01-10T00:00'), at('2024-01-11T00:00')), 6)
})

test('sessions over midnight of their zone are one, and have no days of UTC', () => {
  const futures = makeSessions(makeRules({ hours: [{ open: 18 * 60, close: 41 * 60 }] }))
  assert.equal(futures.splitsDays, true)
  const calendars = new Calendars([futures])
  assert.equal(calendars.periods('TEST', '1h').count(at('2024-01-08T12:00'), at('2024-01-09T22:00')), 23)
  assert.throws(() => calendars.periods('TEST', '1d'), { code: 'validation_failed', message: /over midnight UTC/ })
})

test('a name that is none is refused with those that there are', () => {
  assert.throws(() => builtInCalendars.periods('nyse', '1m'), {
    code: 'validation_failed',
    message: /one of continuous, as_received, XNYS; did you mean XNYS\?/,
  })
})

test('every answer is what a list of all periods says, for any moments, hours and timeframe', () => {
  const minuteOfDay = fc.integer({ min: 0, max: 1_439 })
  const sides = fc.uniqueArray(minuteOfDay, { minLength: 4, maxLength: 4 }).map((some) => some.toSorted((a, b) => a - b) as [number, number, number, number])
  const moment = fc.integer({ min: at('2023-12-20T00:00'), max: at('2025-01-10T00:00') })
  const frames = fc.constantFrom<Timeframe>('1m', '5m', '15m', '1h', '4h', '12h')
  const zones = fc.constantFrom('America/New_York', 'Europe/London', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC')
  fc.assert(
    fc.property(sides, fc.tuple(moment, moment), fc.record({ timeframe: frames, timeZone: zones }), ([a, b, c, d], moments, { timeframe, timeZone }) => {
      const sessions = makeSessions(
        makeRules({
          timeZone,
          hours: [
            { open: a, close: b },
            { open: c, close: d },
          ],
        }),
      )
      const periods = new Calendars([sessions]).periods('TEST', timeframe)
      const all = listed(sessions, timeframes[timeframe])
      const [from, to] = [Math.min(...moments), Math.max(...moments)]
      const within = all.filter((open) => open >= from && open < to)
      assert.equal(periods.count(from, to), within.length)
      assert.equal(periods.nextOpen(from), all.find((open) => open >= from) ?? Math.max(from, sessions.until))
      if (within.length > 0) assert.equal(periods.back(to, within.length), within[0])
      for (const open of within.slice(0, 50)) assert.equal(periods.refusal(open), undefined)
    }),
    { numRuns: 40 },
  )
})
