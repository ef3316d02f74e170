import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { readCalendarDocument } from './calendar-document.ts'
import { loadCalendars } from './load-calendars.ts'

const read = (source: string, name = 'xlon') => readCalendarDocument({ source, name, file: `${name}.yaml` })
const problems = (source: string): string =>
  read(source)
    .problems.map(({ where, message }) => `${where}: ${message}`)
    .join('\n')
const london = `time_zone: Europe/London
first: 2024-01-01
last: 2024-12-31
hours: ["08:00-16:30"]
holidays: [2024-01-01, 2024-03-29, 2024-04-01]
early_closes: { 2024-12-24: "12:30" }
`
const sessionsOn = (source: string, day: string, name?: string): string[] => {
  const { content, problems: wrong } = read(source, name)
  assert.deepEqual(wrong, [])
  const { opens = new Float64Array(), closes = new Float64Array() } = content ?? {}
  const spans = Array.from(opens, (open, i) => [open, closes[i] as number].map((ms) => new Date(ms).toISOString().slice(0, 16)).join(' '))
  return spans.filter((span) => span.startsWith(day))
}

describe('a calendar of an operator', () => {
  test('has its hours in its own time, in summer and winter, without weekends and holidays, cut where a day ends early', () => {
    assert.deepEqual(sessionsOn(london, '2024-01-02'), ['2024-01-02T08:00 2024-01-02T16:30'])
    assert.deepEqual(sessionsOn(london, '2024-07-02'), ['2024-07-02T07:00 2024-07-02T15:30'])
    assert.deepEqual(sessionsOn(london, '2024-12-24'), ['2024-12-24T08:00 2024-12-24T12:30'])
    for (const day of ['2024-03-29', '2024-07-06', '2024-07-07']) assert.deepEqual(sessionsOn(london, day), [], day)
  })

  test('may have a break at noon, hours over midnight, and another weekend', () => {
    const tokyo = london.replace('Europe/London', 'Asia/Tokyo').replace('"08:00-16:30"', '"09:00-11:30", "12:30-15:00"')
    assert.deepEqual(sessionsOn(tokyo, '2024-01-05'), ['2024-01-05T00:00 2024-01-05T02:30', '2024-01-05T03:30 2024-01-05T06:00'])
    assert.deepEqual(sessionsOn(tokyo, '2024-12-24'), ['2024-12-24T00:00 2024-12-24T02:30'])
    const globex = `time_zone: America/Chicago\nfirst: 2024-01-01\nlast: 2024-01-31\nhours: ["17:00-16:00"]\nweekend: [friday, saturday]`
    assert.deepEqual(sessionsOn(globex, '2024-01-07'), ['2024-01-07T23:00 2024-01-08T22:00'])
  })

  test('has no hours that the clock skips, and those that come twice once', () => {
    const always = (hours: string): string => `time_zone: America/New_York\nfirst: 2024-01-01\nlast: 2024-12-31\nhours: [${hours}]\nweekend: []`
    assert.deepEqual(sessionsOn(always('"01:30-02:30"'), '2024-03-10'), ['2024-03-10T06:30 2024-03-10T07:00'])
    assert.deepEqual(sessionsOn(always('"02:15-02:45"'), '2024-03-10'), [])
    assert.deepEqual(sessionsOn(always('"00:00-02:30", "02:45-03:30"'), '2024-03-10'), [
      '2024-03-10T05:00 2024-03-10T07:00',
      '2024-03-10T07:00 2024-03-10T07:30',
    ])
    assert.deepEqual(sessionsOn(always('"01:15-01:45"'), '2024-11-03'), ['2024-11-03T05:15 2024-11-03T05:45'])
  })

  test('may extend one that is built in, under its name or another', () => {
    const closed = 'extends: XNYS\nholidays: [2024-07-08]\nearly_closes: { 2024-07-09: "12:00" }'
    assert.deepEqual(sessionsOn(closed, '2024-07-08', 'XNYS'), [])
    assert.deepEqual(sessionsOn(closed, '2024-07-09', 'XNYS'), ['2024-07-09T13:30 2024-07-09T16:00'])
    assert.deepEqual(sessionsOn(closed, '2024-07-03', 'XNYS'), ['2024-07-03T13:30 2024-07-03T17:00'])
    assert.deepEqual(sessionsOn('extends: XNYS\nhours: ["04:00-20:00"]\nearly_closes: { 2024-07-03: "17:00" }', '2024-07-03', 'long'), [
      '2024-07-03T08:00 2024-07-03T21:00',
    ])
  })
})

describe('a document that is wrong is refused with its place and what to do', () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /xlon\.yaml:1:1: must be object/],
    ['no zone', london.replace(/time_zone.*\n/, ''), /1:1: time_zone must be written, e\.g\. Europe\/London/],
    ['a zone that is none', london.replace('London', 'Londn'), /1:12: Europe\/Londn is no time zone: write the IANA name/],
    ['no first day', london.replace(/first.*\n/, ''), /first must be written/],
    ['a day that is none', london.replace('2024-03-29', '2024-02-30'), /5:24: 2024-02-30 is no day from 1973-03-04/],
    ['a day in another form', london.replace('2024-03-29', '29.3.2024'), /29\.3\.2024 is no day/],
    ['a holiday that is not covered', london.replace('2024-03-29', '2025-03-29'), /5:24: 2025-03-29 lies outside the days that are covered, first to last/],
    ['an end before its beginning', london.replace('last: 2024', 'last: 2023'), /3:7: lies before first/],
    ['hours that are none', london.replace('08:00-16:30', '8-16.30'), /4:10: 8-16\.30 are no hours: write them as "09:30-16:00"/],
    ['hours as a number', london.replace('["08:00-16:30"]', '[8]'), /4:9: must be a text: a day is written/],
    ['hours that overlap', london.replace('"08:00-16:30"', '"08:00-12:00", "11:00-16:30"'), /4:25: 11:00-16:30 begin before the hours before them have ended/],
    ['an early close that is late', london.replace('12:30', '17:30'), /6:30: 17:30 is no time before the usual end/],
    ['an early close on a holiday', london.replace('2024-12-24', '2024-03-29'), /2024-03-29 is no day of trading/],
    ['several things at once', london.replace('London', 'Lon').replace('2024-03-29', '2024-3-29').replace('08:00', '8'), /1:12: .*\n.*4:10: .*\n.*5:24: /],
    ['a misspelt key', london.replace('holidays', 'hollidays'), /hollidays has no meaning here; did you mean holidays\?/],
    ['days that its base does not know', 'extends: XNYS\nlast: 2055-12-31', /2:7: XNYS knows no days but 1993-01-01 to 2050-12-31/],
    ['a base that there is not', 'extends: XNSY', /1:10: must be one of XNYS/],
    ['a name that has a meaning', `name: continuous\n${london}`, /1:7: continuous has a meaning already/],
  ]
  for (const [what, source, message] of wrong) test(what, () => assert.match(problems(source), message))
})

function makeFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-calendars-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source)
  return folder
}

describe('a folder of calendars', () => {
  test('is read beside those that are built in; without it there are only these', (t) => {
    assert.deepEqual(loadCalendars(makeFolder(t, { 'xlon.yaml': london, 'notes.txt': 'x' })).sessionNames, ['XNYS', 'xlon'])
    assert.deepEqual(loadCalendars('no/such/folder').sessionNames, ['XNYS'])
  })
  test('with problems is refused with all of them at once', (t) => {
    const folder = makeFolder(t, { 'a.yaml': london.replace('London', 'Lon'), 'b.yaml': 'hours: []', 'c.yaml': london, 'd.yaml': `name: c\n${london}` })
    assert.throws(() => loadCalendars(folder), {
      code: 'validation_failed',
      message: /^Calendars have 3 problems:\n.*a\.yaml:1:12[^]*b\.yaml:1:8[^]*d\.yaml:1:1: c is the name of the calendar in .*c\.yaml too/,
    })
  })
  test('or with a file that cannot be read names it beside the other problems', (t) => {
    const folder = makeFolder(t, { 'b.yaml': 'hours: []' })
    mkdirSync(join(folder, 'a.yaml'))
    symlinkSync(join(folder, 'nowhere'), join(folder, 'c.yaml'))
    const message = /^Calendars have 3 problems:\n.*a\.yaml: cannot be read \(EISDIR[^]*b\.yaml:1:8[^]*c\.yaml: cannot be read \(ENOENT/
    assert.throws(() => loadCalendars(folder), { code: 'validation_failed', message })
    writeFileSync(join(folder, 'file'), '')
    assert.throws(() => loadCalendars(join(folder, 'file')), { code: 'validation_failed', message: /file: cannot be read \(ENOTDIR/ })
  })
})
