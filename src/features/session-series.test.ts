import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readCalendarDocument } from '../calendars/calendar-document.ts'
import { builtInCalendars, Calendars } from '../calendars/calendars.ts'
import type { Sessions } from '../calendars/sessions.ts'
import type { FeatureSetSpec } from '../contracts/features.ts'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import { type BarInput, toBar } from '../market/check-bar.ts'
import { Series } from '../market/series.ts'
import { SeriesStore } from '../market/series-store.ts'
import { walkSessions } from '../market/testing/walk-sessions.ts'
import { FeatureService } from './feature-service.ts'
import { emaKernel } from './kernels/moving-averages.ts'
import { SeriesFold, type Snapshot } from './series-fold.ts'

const key = { symbol: 'SPY/USD', timeframe: '1m' } as const
const minute = 60_000
const day = 86_400_000
const at = (text: string): number => Date.parse(`${text}Z`)

function makeWorld(features: readonly string[], overrides: Partial<FeatureSetSpec> = {}) {
  const time = { now: at('2026-01-01T00:00') }
  const clock = { now: () => time.now, monotonic: () => 0 }
  const store = new SeriesStore({ clock, meter: noMeter })
  const service = new FeatureService({ series: store, clock, meter: noMeter })
  const set = service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'], ...overrides })
  const ingest = (bars: readonly BarInput[]) => store.ingest(key, bars, { calendar: 'XNYS', clock: 'live' })
  return { time, store, ingest, read: (asOf?: number) => service.vector(set, key.symbol, asOf) }
}

/** Friday before Memorial Day 2024: the next session is on Tuesday. */
const friday = walkSessions({ from: '2024-05-24T00:00Z', to: '2024-05-25T00:00Z' })

describe('a vector of a series with sessions', () => {
  test('is current while no other can be there, and stale a minute after the first bar of the next session should have closed', () => {
    const { ingest, read } = makeWorld(['close@1m'])
    ingest(friday)
    const close = at('2024-05-24T20:00')
    for (const moment of [close, close + 3 * minute, at('2024-05-25T12:00'), at('2024-05-27T15:00'), at('2024-05-28T13:32')]) {
      const { statuses, barCloseTime } = read(moment)
      assert.deepEqual([statuses, barCloseTime], [['ok'], close], new Date(moment).toISOString())
    }
    assert.deepEqual(read(at('2024-05-28T13:32') + 1).statuses, ['stale'])
  })

  test('may be as old as its set says, counted from the moment at which the next bar should have opened', () => {
    const { ingest, read } = makeWorld(['close@1m'], { maxAgeMs: 10_000 })
    ingest(friday)
    assert.deepEqual(read(at('2024-05-28T13:30:10')).statuses, ['ok'])
    assert.deepEqual(read(at('2024-05-28T13:30:11')).statuses, ['stale'])
  })

  test('is missing where a later bar is there, and quarantined where the newest that could be was refused', () => {
    const { ingest, read } = makeWorld(['close@1m'])
    const next = walkSessions({ from: '2024-05-28T00:00Z', to: '2024-05-28T14:00Z' }).map((bar) => ({ ...bar, high: 1_000, low: 0.001, volume: 1 }))
    ingest([...friday, ...next.slice(0, 3).map((bar) => ({ ...bar, low: -1 }))])
    assert.deepEqual(read(at('2024-05-28T13:33')).statuses, ['quarantined'])
    ingest(walkSessions({ from: '2024-05-28T13:40Z', to: '2024-05-28T13:41Z' }))
    assert.deepEqual(read(at('2024-05-28T13:38')).statuses, ['missing'])
    const short = makeWorld(['close@1m'])
    short.ingest([...friday.slice(0, -1), ...friday.slice(-1).map((bar) => ({ ...bar, low: -1 }))])
    assert.deepEqual(short.read(at('2024-05-25T12:00')).statuses, ['quarantined'])
  })

  test('goes on over the night on longer timeframes too, and rests on the bars before it', () => {
    const { ingest, read } = makeWorld(['sma(5)@1m', 'sma(5)@1h', 'gap_count(30)@1m', 'sma(2)@1d'])
    const bars = walkSessions({ from: '2024-05-22T00:00Z', to: '2024-05-29T00:00Z' })
    ingest(bars)
    const vector = read(at('2024-05-28T13:32'))
    assert.deepEqual(vector.statuses, ['ok', 'ok', 'ok', 'ok'])
    assert.equal(vector.values[2], 0)
    assert.equal(vector.origin, at('2024-05-22T13:30'))
    const closes = bars
      .filter(({ openTime }) => openTime < at('2024-05-28T13:32'))
      .slice(-5)
      .map(({ close }) => close)
    assert.ok(Math.abs((vector.values[0] as number) - closes.reduce((sum, close) => sum + close, 0) / 5) < 1e-9)
  })

  test('rests on another symbol that trades around the clock by its own sessions: over the night nothing is missing of the pair', () => {
    const { store, ingest, read } = makeWorld(['beta(BTC/USDT,60)@1m', 'beta(BTC/USDT,3)@1h'])
    ingest(walkSessions({ from: '2024-05-23T00:00Z', to: '2024-05-29T00:00Z' }))
    const always = walkBars({ seed: 9, count: 6 * 1_440, from: at('2024-05-23T00:00'), barMs: minute })
    const lost = at('2024-05-28T13:45')
    const bitcoin = always.filter(({ openTime }) => openTime !== lost)
    store.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bitcoin, { calendar: 'continuous', clock: 'live' })
    for (const moment of ['2024-05-24T20:00', '2024-05-26T12:00', '2024-05-28T13:31', '2024-05-28T13:45'])
      assert.deepEqual(read(at(moment)).statuses, ['ok', 'ok'], moment)
    assert.deepEqual(read(lost + minute).statuses, ['partner-missing', 'ok'])
    assert.deepEqual(read(lost + 2 * minute).statuses, ['warming', 'ok'])
    assert.deepEqual(read(at('2024-05-28T14:30')).statuses, ['warming', 'partner-missing'])
  })

  test('fills a gap over the night by the bars that are missing in it, and leaves a longer one', () => {
    const bars = walkSessions({ from: '2024-07-02T00:00Z', to: '2024-07-06T00:00Z' })
    // The last two bars of the short third of July and the first of the fifth.
    const gap = bars.filter(({ openTime }) => openTime < at('2024-07-03T16:58') || openTime > at('2024-07-05T13:30'))
    for (const [flat, statuses] of [
      [3, ['ok', 'ok']],
      [2, ['ok', 'warming']],
    ] as const) {
      const { ingest, read } = makeWorld(['close@1m', 'empty_share(4)@1m'], { gaps: { flat } })
      ingest(gap)
      const vector = read(at('2024-07-05T13:32'))
      assert.deepEqual(vector.statuses, statuses, `${flat}`)
      if (flat === 3) assert.equal(vector.values[1], 0.75)
    }
  })
})

test('states that were computed by another calendar of the same name are not gone on with: what was missing by it may be here', () => {
  const bars = walkSessions({ timeframe: '5m', from: '2024-01-02T00:00Z', to: '2024-03-29T00:00Z' }).map((bar) => toBar(bar, '5m', 0))
  const calendarsWith = (holiday: string) =>
    new Calendars([readCalendarDocument({ file: 'XNYS.yaml', name: 'XNYS', source: `extends: XNYS\nholidays: [${holiday}]` }).content as Sessions])
  const fold = (calendars: Calendars, snapshots: readonly Snapshot[], onSnapshot?: (snapshot: Snapshot) => void) => {
    const series = new Series({ ...key, timeframe: '5m' }, { calendar: 'XNYS', clock: 'replay' }, calendars)
    for (const bar of bars) series.apply(bar)
    if (onSnapshot === undefined) series.trim(1_200)
    const made = new SeriesFold(series, { capacity: 4_096, snapshots, ...(onSnapshot ? { onSnapshot } : {}) })
    made.require([{ key: 'ema', kernel: emaKernel(400), settled: [400] }])
    return made.run(made.rows - 1)
  }
  const kept: Snapshot[] = []
  const [then, now] = [calendarsWith('2024-12-31'), calendarsWith('2024-12-30')]
  const whole = fold(then, [], (snapshot) => kept.push(snapshot))
  assert.equal(whole, bars.length)
  assert.equal(fold(then, kept), whole)
  assert.ok(fold(now, kept) < 1_600)
})

test('a stream with every bar of some days has no gap, one without any one of them exactly one, and the same bits as at once', () => {
  const days = fc.integer({ min: at('2015-01-01T00:00') / day, max: at('2025-06-01T00:00') / day })
  const features = ['ema(20)@5m', 'sma(7)@5m', 'gap_count(10)@5m']
  fc.assert(
    fc.property(days, fc.integer({ min: 3, max: 12 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (first, count, where) => {
      const span = { from: new Date(first * day).toISOString(), to: new Date((first + count) * day).toISOString() }
      const bars = walkSessions({ ...span, timeframe: '5m' })
      fc.pre(bars.length > 100)
      const frame = { ...key, timeframe: '5m' } as const
      const lost = 1 + Math.floor(where * (bars.length - 2))
      const make = (some: readonly BarInput[], atOnce: number) => {
        const { store, read } = makeWorld(features, { timeframe: '5m' })
        for (let from = 0; from < some.length; from += atOnce) store.ingest(frame, some.slice(from, from + atOnce), { calendar: 'XNYS', clock: 'replay' })
        return { gaps: store.describe()[0]?.gaps, vector: read() }
      }
      const [whole, streamed] = [make(bars, bars.length), make(bars, 7)]
      assert.deepEqual([whole.gaps, streamed.gaps, make(bars.toSpliced(lost, 1), 50).gaps], [0, 0, 1])
      assert.deepEqual(streamed.vector, whole.vector)
      assert.equal(builtInCalendars.periods('XNYS', '5m').count(first * day, (first + count) * day), bars.length)
    }),
    { numRuns: 25 },
  )
})
