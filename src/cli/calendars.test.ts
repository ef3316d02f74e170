import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dayOf } from '../calendars/day.ts'
import { listLines, sessionLines } from './calendars.ts'

const calendarDir = mkdtempSync(join(tmpdir(), 'presage-calendars-'))
after(() => rmSync(calendarDir, { recursive: true }))
writeFileSync(join(calendarDir, 'xtks.yaml'), 'time_zone: Asia/Tokyo\nfirst: 2024-01-01\nlast: 2024-12-31\nhours: ["09:00-11:30", "12:30-15:00"]\n')

test('list shows every calendar with what it covers', () => {
  const text = listLines({ calendarDir }).join('\n')
  for (const line of [
    /^continuous +always/m,
    /^as_received +nobody knows/m,
    /^XNYS +America\/New_York +1993-01-01 to 2050-12-31 +14583/m,
    /^xtks +Asia\/Tokyo +2024-01-01 to 2024-12-31 +524/m,
  ])
    assert.match(text, line)
})

test('show prints sessions in the time of the exchange and in UTC', () => {
  assert.deepEqual(
    sessionLines('XNYS', { calendarDir, from: dayOf(2024, 7, 3), to: dayOf(2024, 7, 6) })
      .slice(2)
      .map((line) => line.replaceAll(/ +/g, ' ')),
    ['2024-07-03 Wed 09:30 to 13:00 3:30 2024-07-03 13:30 2024-07-03 17:00', '2024-07-05 Fri 09:30 to 16:00 6:30 2024-07-05 13:30 2024-07-05 20:00'],
  )
  assert.equal(sessionLines('xtks', { calendarDir, from: dayOf(2024, 7, 3), to: dayOf(2024, 7, 4) }).length, 4)
  assert.throws(() => sessionLines('continuous', { calendarDir }), /has no sessions/)
})

test('show says of days without a session that there is none, and refuses days that there are not or that are not covered', () => {
  assert.deepEqual(sessionLines('XNYS', { calendarDir, from: dayOf(2024, 7, 6), to: dayOf(2024, 7, 8) }), [
    'No session of XNYS opens from 2024-07-06 to 2024-07-07.',
  ])
  const refused = (from: number, to: number, message: RegExp) =>
    assert.throws(() => sessionLines('XNYS', { calendarDir, from, to }), { code: 'validation_failed', message })
  refused(dayOf(2024, 7, 8), dayOf(2024, 7, 8), /--from must be before --to/)
  refused(dayOf(2060, 1, 1), dayOf(2060, 2, 1), /XNYS covers 1993-01-01 to 2050-12-31, nothing from 2060-01-01 to 2060-01-31/)
  refused(dayOf(1980, 1, 1), dayOf(1980, 2, 1), /XNYS covers/)
})

test('a folder that is asked for and not there is refused, as its calendar might stand for one that is built in', () => {
  assert.throws(() => listLines({ calendarDir: join(calendarDir, 'none') }), { code: 'validation_failed', message: /none is not there/ })
})
