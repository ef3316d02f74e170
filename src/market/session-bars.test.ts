import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { Calendars } from '../calendars/calendars.ts'
import { dayOf } from '../calendars/day.ts'
import { makeSessions } from '../calendars/sessions.ts'
import { xnysRules } from '../calendars/xnys.ts'
import { FileBarJournal } from './bar-journal.ts'
import { SeriesStore } from './series-store.ts'
import { walkSessions } from './testing/walk-sessions.ts'

const key = { symbol: 'SPY/USD', timeframe: '1m' } as const
const clock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0 }
const makeStore = (calendars?: Calendars) => new SeriesStore({ clock, meter: noMeter, ...(calendars && { calendars }) })
const bar = (time: string, close = 10) => ({ openTime: Date.parse(`${time}Z`), open: close, high: close, low: close, close, volume: 1 })
const xnys = { calendar: 'XNYS', clock: 'replay' } as const
const opensOf = (store: SeriesStore, timeframe: '1h' | '1d' | '5m') =>
  store.bars({ symbol: key.symbol, timeframe }).map(({ openTime }) => new Date(openTime).toISOString().slice(0, 16))

describe('a series with sessions', () => {
  test('quarantines a bar outside them, says what is next and what to choose instead, and takes the others', () => {
    const store = makeStore()
    const report = store.ingest(
      key,
      ['2024-07-03T16:59', '2024-07-03T17:00', '2024-07-04T14:00', '2024-07-05T13:30'].map((time) => bar(time)),
      xnys,
    )
    assert.equal(report.accepted, 2)
    assert.deepEqual(
      report.quarantined.map(({ openTime, reason }) => [
        new Date(openTime).toISOString(),
        /next session begins at 2024-07-05T13:30:00Z; .*as_received/.test(reason),
      ]),
      [
        ['2024-07-03T17:00:00.000Z', true],
        ['2024-07-04T14:00:00.000Z', true],
      ],
    )
    assert.equal(store.describe()[0]?.gaps, 0)
  })

  test('has whole longer bars on whole days, half days and days on which the clock was changed', () => {
    const store = makeStore()
    for (const timeframe of ['5m', '1h', '1d'] as const) store.derive('1m', timeframe)
    const half = walkSessions({ from: '2024-07-02T00:00Z', to: '2024-07-06T00:00Z' })
    store.ingest(key, half, xnys)
    assert.equal(opensOf(store, '5m').length, (390 + 210 + 390) / 5)
    assert.deepEqual(opensOf(store, '1d'), ['2024-07-02T00:00', '2024-07-03T00:00', '2024-07-05T00:00'])
    assert.deepEqual(opensOf(store, '1h').slice(7, 11), ['2024-07-03T13:00', '2024-07-03T14:00', '2024-07-03T15:00', '2024-07-03T16:00'])
    const spring = makeStore()
    spring.derive('1m', '1h')
    spring.ingest(key, walkSessions({ from: '2024-03-08T00:00Z', to: '2024-03-12T00:00Z' }), xnys)
    assert.deepEqual([opensOf(spring, '1h').length, opensOf(spring, '1h')[0], opensOf(spring, '1h')[7]], [14, '2024-03-08T14:00', '2024-03-11T13:00'])
    assert.deepEqual(
      spring.describe().map(({ gaps }) => gaps),
      [0, 0],
    )
  })

  test('has no longer bar of a period in which a minute is missing, until it comes', () => {
    const store = makeStore()
    for (const timeframe of ['1h', '1d'] as const) store.derive('1m', timeframe)
    const bars = walkSessions({ from: '2024-07-02T00:00Z', to: '2024-07-04T00:00Z' })
    const [lost] = bars.splice(400, 1)
    store.ingest(key, bars, xnys)
    assert.deepEqual([opensOf(store, '1h').includes('2024-07-03T13:00'), opensOf(store, '1d')], [false, ['2024-07-02T00:00']])
    store.ingest(key, lost ? [lost] : [])
    assert.deepEqual([opensOf(store, '1h').includes('2024-07-03T13:00'), opensOf(store, '1d')], [true, ['2024-07-02T00:00', '2024-07-03T00:00']])
  })

  test('has no days where its sessions go over midnight UTC: whichever comes first, the wish or the bars, the other is refused', () => {
    const hours = [{ open: 600, close: 960 }]
    const sydney = makeSessions({
      name: 'XASX',
      timeZone: 'Australia/Sydney',
      first: dayOf(2024, 1, 1),
      last: dayOf(2024, 12, 31),
      hours,
      isOpen: () => true,
      earlyClose: () => undefined,
    })
    const calendars = new Calendars([sydney])
    const refusal = { code: 'validation_failed', message: /XASX go on over midnight UTC, so they have no 1d bars/ }
    const wished = makeStore(calendars)
    wished.derive('1m', '1d')
    assert.throws(() => wished.ingest(key, [bar('2024-07-02T00:00')], { calendar: 'XASX' }), refusal)
    const fed = makeStore(calendars)
    fed.ingest(key, [bar('2024-07-02T00:00')], { calendar: 'XASX' })
    assert.throws(() => fed.derive('1m', '1d'), refusal)
    assert.throws(() => fed.ingest({ ...key, timeframe: '1d' }, [bar('2024-07-02T00:00')], { calendar: 'XASX' }), refusal)
  })

  test('is not gone on with after a restart without its calendar', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'presage-journal-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const calendars = new Calendars([makeSessions({ ...xnysRules(), name: 'xnys_2' })])
    const openJournal = (more: { readonly calendars?: Calendars }) => new FileBarJournal({ folder, keepBars: 2_000, clock, meter: noMeter, ...more })
    const journal = openJournal({ calendars })
    new SeriesStore({ clock, meter: noMeter, calendars, journal }).ingest(key, [bar('2024-07-02T14:00')], { calendar: 'xnys_2' })
    const restart = (more: { readonly calendars?: Calendars }) => {
      const store = new SeriesStore({ clock, meter: noMeter, ...more })
      for (const series of openJournal(more).restored) store.restore(series)
      return store
    }
    assert.equal(restart({ calendars }).describe()[0]?.calendar, 'xnys_2')
    assert.throws(() => restart({}), { code: 'validation_failed', message: /The calendar "xnys_2" is not there/ })
  })

  test('of a calendar that is not there is refused with those that are', () => {
    assert.throws(() => makeStore().ingest(key, [bar('2024-07-02T14:00')], { calendar: 'XLON' }), {
      code: 'validation_failed',
      message: /one of continuous, as_received, XNYS/,
    })
  })
})
