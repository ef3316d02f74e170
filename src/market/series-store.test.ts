import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SeriesKey } from '../contracts/bar.ts'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from './bar-walk.ts'
import type { BarInput } from './check-bar.ts'
import { type SeriesChange, SeriesStore, type SeriesStoreDeps } from './series-store.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const now = start + 365 * 86_400_000
const btc: SeriesKey = { symbol: 'BTC/USDT', timeframe: '1m' }
const makeStore = (overrides: Partial<SeriesStoreDeps> = {}) => new SeriesStore({ clock: { now: () => now, monotonic: () => 0 }, meter: noMeter, ...overrides })
const makeBar = (overrides: Partial<BarInput> = {}): BarInput => ({ openTime: start, open: 10, high: 12, low: 9, close: 11, volume: 5, ...overrides })
const walk = (count: number, from = start) => walkBars({ seed: 7, count, from, barMs: minute })
const closes = (store: SeriesStore, key = btc) => store.bars(key).map(({ close }) => close)

describe('ingest', () => {
  test('takes bars once: the same bars again change nothing', () => {
    const store = makeStore()
    assert.deepEqual(store.ingest(btc, walk(20)), { accepted: 20, revised: 0, unchanged: 0, quarantined: [] })
    assert.deepEqual(store.ingest(btc, walk(20)), { accepted: 0, revised: 0, unchanged: 20, quarantined: [] })
    assert.equal(store.bars(btc).length, 20)
  })

  test('keeps both versions of a bar that comes again with other numbers', () => {
    const store = makeStore()
    store.ingest(btc, [makeBar()])
    assert.equal(store.ingest(btc, [makeBar({ close: 10.5 })]).revised, 1)
    assert.deepEqual(closes(store), [10.5])
    assert.deepEqual(
      store.revisions(btc, start).map(({ close }) => close),
      [11],
    )
  })

  test('puts late bars where they belong', () => {
    const bars = walk(30)
    const [inOrder, shuffled] = [makeStore(), makeStore()]
    inOrder.ingest(btc, bars)
    for (const bar of bars.toSorted((a, b) => (a.close % 1) - (b.close % 1))) shuffled.ingest(btc, [bar])
    assert.deepEqual(shuffled.bars(btc), inOrder.bars(btc))
  })

  test('completes times: a bar closes a timeframe after it opens, and carries when it was received', () => {
    const store = makeStore()
    store.ingest(btc, [makeBar(), makeBar({ openTime: start + minute, receivedTime: start + 2 * minute + 40 })])
    assert.deepEqual(
      store.bars(btc).map(({ closeTime, receivedTime }) => [closeTime, receivedTime]),
      [
        [start + minute, now],
        [start + 2 * minute, start + 2 * minute + 40],
      ],
    )
  })

  test('marks a flat bar without volume as empty', () => {
    const store = makeStore()
    store.ingest(btc, [makeBar({ open: 10, high: 10, low: 10, close: 10, volume: 0 }), makeBar({ openTime: start + minute, volume: 0 })])
    assert.deepEqual(
      store.bars(btc).map(({ empty }) => empty),
      [true, false],
    )
  })

  test('drops the oldest bars beyond keepBars, then refuses bars older than what is left', () => {
    const store = makeStore({ keepBars: 1_100 })
    const bars = walk(4_000)
    for (let from = 0; from < bars.length; from += 100) store.ingest(btc, bars.slice(from, from + 100))
    const kept = store.bars(btc)
    assert.ok(kept.length >= 1_100 && kept.length <= 1_100 * 1.25 + 512 + 100, `${kept.length} bars`)
    assert.deepEqual(store.ingest(btc, bars.slice(0, 1)).quarantined, [{ openTime: start, reason: 'older than the oldest bar that is kept' }])
    assert.equal(store.describe()[0]?.origin, start)
  })

  test('refuses other settings for a series that exists, and symbols and timeframes that do not exist', () => {
    const store = makeStore()
    store.ingest(btc, [makeBar()], { calendar: 'as_received', clock: 'replay' })
    store.ingest(btc, [makeBar()])
    assert.throws(() => store.ingest(btc, [makeBar()], { calendar: 'continuous' }), { code: 'series_conflict' })
    assert.throws(() => store.ingest(btc, [makeBar()], { clock: 'live' }), { code: 'series_conflict' })
    assert.throws(() => store.ingest({ symbol: 'btcusdt', timeframe: '1m' }, [makeBar()]), { code: 'invalid_symbol' })
    assert.throws(() => store.ingest({ symbol: 'BTC/USDT', timeframe: '2m' as '1m' }, [makeBar()]), { code: 'validation_failed' })
  })
})

describe('quarantine', () => {
  const impossible: readonly [reason: RegExp, bar: Partial<BarInput>][] = [
    [/high is below low/, { high: 8, open: 9, close: 9, low: 9 }],
    [/volume is negative/, { volume: -1 }],
    [/price is not positive/, { low: 0 }],
    [/price is not positive/, { open: -1, low: -1 }],
    [/not a finite number/, { close: NaN }],
    [/not a finite number/, { volume: Infinity }],
    [/outside low to high/, { close: 13 }],
    [/outside low to high/, { open: 8.5 }],
    [/not a multiple of the timeframe/, { openTime: start + 1 }],
    [/whole number of milliseconds/, { openTime: start + 0.5 }],
    [/before 1973: is it in seconds/, { openTime: start / 1000 }],
    [/has not closed yet/, { openTime: now - (now % minute) }],
  ]
  for (const [reason, change] of impossible) {
    test(`refuses a bar with ${JSON.stringify(change)}, takes the others, says why`, () => {
      const store = makeStore()
      const good = makeBar({ openTime: start + 5 * minute })
      const report = store.ingest(btc, [makeBar(change), good])
      assert.equal(report.accepted, 1)
      assert.match(report.quarantined[0]?.reason ?? '', reason)
      assert.equal(store.describe()[0]?.quarantined, 1)
      assert.match(store.quarantineReason(btc, { ...makeBar(change) }.openTime) ?? '', reason)
    })
  }

  test('refuses a price a thousand times the one before, so that a slipped decimal point feeds no model', () => {
    const store = makeStore()
    store.ingest(btc, [makeBar()])
    const wild = { open: 11_000, high: 12_000, low: 10_000, close: 11_000 }
    assert.match(store.ingest(btc, [makeBar({ openTime: start + minute, ...wild })]).quarantined[0]?.reason ?? '', /500 times the bar before/)
  })

  test('refuses a high or a low that far from the close before, with which ranges would be wrong, and says which', () => {
    const usual = makeBar()
    const next = (change: Partial<BarInput>): string | undefined => {
      const store = makeStore()
      store.ingest(btc, [usual])
      return store.ingest(btc, [makeBar({ openTime: start + minute, ...change })]).quarantined[0]?.reason
    }
    assert.match(next({ high: usual.close * 1_000 }) ?? '', /^high is more than 500 times the bar before/)
    assert.match(next({ low: usual.close / 1_000 }) ?? '', /^low is less than a 500th of the bar before/)
    assert.match(next({ open: usual.close * 1_000, high: usual.close * 1_000 }) ?? '', /^high is more than 500 times/)
    assert.equal(next({ high: usual.close * 3, low: usual.close / 3 }), undefined)
  })

  test('makes no series out of refused bars alone', () => {
    const store = makeStore()
    store.ingest(btc, [makeBar({ volume: -1 })])
    assert.deepEqual(store.describe(), [])
    assert.throws(() => store.bars(btc), { code: 'series_not_found' })
  })
})

describe('aggregation', () => {
  const five: SeriesKey = { symbol: 'BTC/USDT', timeframe: '5m' }

  test('makes a longer bar of a continuous series only when every shorter one is there', () => {
    const store = makeStore()
    store.derive('1m', '5m')
    const bars = walk(15)
    store.ingest(btc, bars.toSpliced(7, 1))
    assert.deepEqual(
      store.bars(five).map(({ openTime }) => openTime),
      [start, start + 10 * minute],
    )
    const [first] = store.bars(five)
    const parts = bars.slice(0, 5)
    assert.equal(first?.open, parts[0]?.open)
    assert.equal(first?.close, parts[4]?.close)
    assert.equal(first?.high, Math.max(...parts.map(({ high }) => high)))
    assert.equal(first?.low, Math.min(...parts.map(({ low }) => low)))
    assert.equal(
      first?.volume,
      parts.reduce((sum, { volume }) => sum + volume, 0),
    )
    store.ingest(btc, bars.slice(7, 8))
    assert.equal(store.bars(five).length, 3)
  })

  test('makes the longer bar of an as-received series when its period is over, however many bars came', () => {
    const store = makeStore()
    store.derive('1m', '5m')
    const bars = walk(12)
    store.ingest(btc, [bars[0], bars[2], bars[3]] as BarInput[], { calendar: 'as_received' })
    assert.throws(() => store.bars(five), { code: 'series_not_found' })
    store.ingest(btc, [bars[6]] as BarInput[])
    assert.deepEqual(
      store.bars(five).map(({ openTime, close }) => [openTime, close]),
      [[start, bars[3]?.close]],
    )
    store.ingest(btc, [bars[9]] as BarInput[])
    assert.equal(store.bars(five).length, 2)
  })

  test('is the same whether it was asked for before the bars came or after', () => {
    const [before, after] = [makeStore(), makeStore()]
    before.derive('1m', '15m')
    for (const bar of walk(200)) before.ingest(btc, [bar])
    after.ingest(btc, walk(200))
    after.derive('1m', '15m')
    const key: SeriesKey = { ...btc, timeframe: '15m' }
    assert.equal(after.bars(key).length, 13)
    assert.deepEqual(after.bars(key), before.bars(key))
  })

  test('revises the longer bar when a shorter one is revised, and refuses bars sent to a series that is made', () => {
    const store = makeStore()
    store.derive('1m', '5m')
    const bars = walk(5)
    store.ingest(btc, bars)
    store.ingest(btc, [{ ...(bars[2] as BarInput), high: 5_000 }])
    assert.equal(store.bars(five)[0]?.high, 5_000)
    assert.equal(store.revisions(five, start).length, 1)
    assert.throws(() => store.ingest(five, [makeBar()]), { code: 'series_conflict' })
  })

  test('leaves a longer series alone that is fed directly', () => {
    const store = makeStore()
    store.ingest(five, [makeBar()])
    store.derive('1m', '5m')
    store.ingest(btc, walk(10))
    assert.deepEqual(closes(store, five), [11])
  })
})

describe('reading and listening', () => {
  test('reads open times in [from, to), the newest of them when there are more than the limit', () => {
    const store = makeStore()
    store.ingest(btc, walk(10))
    const times = (range: Parameters<SeriesStore['bars']>[1]) => store.bars(btc, range).map(({ openTime }) => (openTime - start) / minute)
    assert.deepEqual(times({ from: start + 2 * minute, to: start + 5 * minute }), [2, 3, 4])
    assert.deepEqual(times({ limit: 2 }), [8, 9])
    assert.deepEqual(times({ to: start + 5 * minute, limit: 1 }), [4])
  })

  test('tells of a change once per ingest, longer bars first, and not at all when nothing changed', () => {
    const store = makeStore()
    store.derive('1m', '5m')
    const heard: string[] = []
    const stop = store.onClose(({ series, appended, rewritten }: SeriesChange) => heard.push(`${series.key.timeframe} ${appended.length} ${rewritten}`))
    store.ingest(btc, walk(5))
    store.ingest(btc, walk(5))
    store.ingest(btc, [{ ...(walk(1)[0] as BarInput), volume: 1 }])
    stop()
    store.ingest(btc, walk(6))
    assert.deepEqual(heard, ['5m 1 false', '1m 5 false', '5m 0 true', '1m 0 true'])
  })

  test('describes a series: calendar, clock, gaps', () => {
    const store = makeStore()
    store.ingest(btc, walk(10).toSpliced(4, 2), { clock: 'replay' })
    const [described] = store.describe()
    assert.deepEqual(described, {
      symbol: 'BTC/USDT',
      timeframe: '1m',
      calendar: 'continuous',
      clock: 'replay',
      bars: 8,
      dropped: 0,
      origin: start,
      firstOpenTime: start,
      lastCloseTime: start + 10 * minute,
      gaps: 1,
      revisions: 0,
      quarantined: 0,
    })
  })
})
