import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Calendar, SeriesClock } from '../contracts/bar.ts'
import type { FeatureSetSpec } from '../contracts/features.ts'
import { ServingError } from '../contracts/error.ts'
import { formatInstant } from '../contracts/instant.ts'
import { type Meter, noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { families } from './catalog/index.ts'
import { FeatureService } from './feature-service.ts'
import { FeatureProofs } from './proofs/feature-proofs.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const key = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const walk = (count: number, from = start) => walkBars({ seed: 4, count, from, barMs: minute })
const closeAfter = (bars: number) => start + bars * minute

type World = { readonly now?: number; readonly meter?: Meter; readonly historyRows?: number; readonly keepBars?: number }
function makeWorld({ now = start + 30 * 86_400_000, meter = noMeter, ...rest }: World = {}) {
  const time = { now }
  const clock = { now: () => time.now, monotonic: () => 0 }
  const store = new SeriesStore({ clock, meter, ...rest })
  const service = new FeatureService({ series: store, clock, meter, ...rest })
  const declare = (features: readonly string[], overrides: Partial<FeatureSetSpec> = {}) =>
    service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'], ...overrides })
  const ingest = (bars: readonly BarInput[], options: { calendar?: Calendar; clock?: SeriesClock } = { clock: 'replay' }) => store.ingest(key, bars, options)
  const read = (set: ReturnType<typeof declare>, asOf?: number) => service.vector(set, key.symbol, asOf)
  return { time, store, service, declare, ingest, read }
}

describe('a vector', () => {
  test('has the settled values of the newest bar, in the order of the set', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['volume@1m', 'close@1m', 'sma(3)@1m'])
    const bars = walk(10)
    ingest(bars)
    const [a = 0, b = 0, c = 0] = bars.slice(-3).map(({ close }) => close)
    const { values, ...rest } = read(set)
    assert.deepEqual([...values].slice(0, 2), [bars[9]?.volume, c])
    assert.ok(Math.abs((values[2] as number) - (a + b + c) / 3) < 1e-12)
    assert.deepEqual(rest, { statuses: ['ok', 'ok', 'ok'], complete: true, asOf: closeAfter(10), clock: 'replay', barCloseTime: closeAfter(10), origin: start })
  })

  test('as of a moment has what was known then, however many bars came after', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'ema(5)@1m', 'obv_slope(5)@1m'])
    const bars = walk(400)
    ingest(bars.slice(0, 300))
    const then = read(set)
    ingest(bars.slice(300))
    assert.deepEqual(read(set, closeAfter(300)), then)
    assert.deepEqual(read(set, closeAfter(300) + minute - 1).values, then.values)
    assert.notDeepEqual(read(set, closeAfter(301)).values, then.values)
  })

  test('has the last rows of a window, oldest first', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'tod_sin'], { window: 3 })
    const bars = walk(5)
    ingest(bars)
    const { values, complete } = read(set)
    assert.equal(complete, true)
    assert.deepEqual(
      [values[0], values[2], values[4]],
      bars.slice(2).map(({ close }) => close),
    )
  })

  test('belongs to its reader: changing it changes nothing else', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m'])
    ingest(walk(3))
    const before = read(set).values[0]
    read(set).values.fill(0)
    assert.equal(read(set).values[0], before)
  })

  test('is the same, bit for bit, whether bars come one by one, at once, or twice', () => {
    const sets = ['rsi(14)@1m', 'macd(12,26,9)@1m', 'bb_pctb(20,2)@1m', 'vol_z(96)@1m', 'rv(60)@1m', 'obv_slope(20)@1m', 'atr(14)@1m', 'rsi(14)@5m']
    sets.push('zscore(rsi(14),96)@1m', '(close-sma(20))/atr(14)@1m', 'mean(rsi(14)>50 and close>lag(close,3),30)@1m', 'zscore(close,9)@5m')
    const [stream, batch, twice] = [makeWorld(), makeWorld(), makeWorld()]
    const bars = walk(1_700)
    for (const bar of bars) stream.ingest([bar])
    const asked = stream.declare(sets)
    const asked2 = batch.declare(sets)
    batch.ingest(bars)
    const asked3 = twice.declare(sets)
    twice.ingest(bars)
    twice.ingest(bars)
    for (let count = 1_500; count <= 1_700; count += 7) {
      const vector = stream.read(asked, closeAfter(count))
      assert.deepEqual(batch.read(asked2, closeAfter(count)), vector)
      assert.deepEqual(twice.read(asked3, closeAfter(count)), vector)
      assert.equal(vector.complete, true)
    }
  })
})

describe('why a value is not there', () => {
  test('warming: too few bars, with the progress', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'sma(20)@1m', 'rsi(14)@1m'])
    ingest(walk(12))
    const { values, statuses, warming, complete } = read(set)
    assert.deepEqual(statuses, ['ok', 'warming', 'warming'])
    assert.deepEqual(
      [...(warming ?? [])],
      [
        [1, '12/20'],
        [2, '12/295'],
      ],
    )
    assert.deepEqual([Number.isNaN(values[1]), Number.isNaN(values[2]), complete], [true, true, false])
  })

  test('warming: each feature for as long as it says, whichever others share its kernel, in its set or in that of somebody else', () => {
    const [adx, di] = ['adx(14)@1m', 'plus_di(14)@1m']
    for (const sets of [[[adx, di]], [[di, adx]], [[di], [adx]], [[adx], [di]]]) {
      const { declare, ingest, read } = makeWorld()
      const declared = sets.map((features) => declare(features))
      ingest(walk(400))
      const standing = (bars: number): string[] =>
        declared.flatMap((set, i) => read(set, closeAfter(bars)).statuses.map((status, column) => `${sets[i]?.[column]} ${status}`)).toSorted()
      assert.deepEqual(standing(294), [`${adx} warming`, `${di} warming`])
      for (const bars of [295, 351]) assert.deepEqual(standing(bars), [`${adx} warming`, `${di} ok`], JSON.stringify(sets))
      assert.deepEqual(standing(352), [`${adx} ok`, `${di} ok`])
    }
  })

  test('warming: a window needs as many more bars as it has rows', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'sma(4)@1m'], { window: 10 })
    ingest(walk(12))
    assert.deepEqual([...(read(set).warming ?? [])], [[1, '12/13']])
    ingest(walk(13))
    assert.equal(read(set).complete, true)
  })

  test('flat: the series did not move', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'rsi(2)@1m', 'bb_width(5,2)@1m', 'lag(rsi(2),1)>50@1m', 'close/(close-lag(close,1))@1m'])
    ingest(walk(60).map((bar) => ({ ...bar, open: 5, high: 5, low: 5, close: 5 })))
    assert.deepEqual(read(set).statuses, ['ok', 'flat', 'ok', 'flat', 'flat'])
    assert.equal(read(set).values[2], 0)
  })

  test('missing: no series, or a moment before its first bar', () => {
    const { declare, ingest, read, time } = makeWorld()
    const set = declare(['close@1m'])
    assert.deepEqual(read(set, 5), { values: Float64Array.of(NaN), statuses: ['missing'], complete: false, asOf: 5, clock: 'live' })
    assert.equal(read(set).asOf, time.now)
    ingest(walk(3))
    assert.deepEqual(read(set, closeAfter(1) - 1).statuses, ['missing'])
  })

  test('missing: a moment before all bars is told on the clock of its series, and that older ones are kept no longer if there were some', () => {
    const { declare, ingest, read, store } = makeWorld({ keepBars: 1_100, historyRows: 64 })
    const set = declare(['close@1m'])
    ingest(walk(1_000))
    const before = read(set, start - minute)
    assert.deepEqual([before.clock, before.statuses, before.reasons], ['replay', ['missing'], undefined])
    for (let from = 1_000; from < 4_000; from += 250) ingest(walk(4_000).slice(from, from + 250))
    const kept = store.find(key.symbol, '1m')?.first?.openTime ?? 0
    const dropped = read(set, closeAfter(100))
    assert.deepEqual([dropped.clock, dropped.statuses], ['replay', ['missing']])
    assert.equal(dropped.reasons?.get(0), `bars before ${formatInstant(kept)} are kept no longer`)
  })

  test('missing: a bar that never came, in a continuous series, restarts the warm-up', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'sma(5)@1m'], { window: 2 })
    ingest(walk(20).toSpliced(10, 4))
    assert.deepEqual(read(set, closeAfter(10)).statuses, ['ok', 'ok'])
    assert.deepEqual(read(set, closeAfter(14)).statuses, ['missing', 'missing'])
    assert.deepEqual(read(set, closeAfter(15)).statuses, ['warming', 'warming'])
    const resumed = read(set, closeAfter(18))
    assert.deepEqual([...(resumed.warming ?? [])], [[1, '4/6']])
    assert.equal(resumed.origin, closeAfter(14))
    assert.deepEqual(read(set, closeAfter(20)).statuses, ['ok', 'ok'])
  })

  test('a gap in an as-received series is a night: values go on', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['sma(5)@1m'], { window: 2 })
    ingest(walk(20).toSpliced(10, 4), { calendar: 'as_received', clock: 'replay' })
    const { statuses, origin } = read(set, closeAfter(15))
    assert.deepEqual(statuses, ['ok'])
    assert.equal(origin, start)
  })

  test('stale: older than a bar and a minute as of the moment, or than the model allows', () => {
    const { declare, ingest, read } = makeWorld()
    const [usual, strict] = [declare(['close@1m']), declare(['close@1m'], { maxAgeMs: 10_000 })]
    ingest(walk(5))
    assert.deepEqual(read(usual, closeAfter(7)).statuses, ['ok'])
    const stale = read(usual, closeAfter(7) + 1)
    assert.deepEqual([stale.statuses, [...stale.values], stale.barCloseTime], [['stale'], [NaN], closeAfter(5)])
    assert.deepEqual(read(strict, closeAfter(5) + 10_000).statuses, ['ok'])
    assert.deepEqual(read(strict, closeAfter(5) + 10_001).statuses, ['stale'])
  })

  test('quarantined: the bar of the moment was refused', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m'])
    ingest([
      ...walk(5),
      ...walk(8)
        .slice(5)
        .map((bar) => ({ ...bar, volume: -1 })),
    ])
    assert.deepEqual(read(set, closeAfter(8)).statuses, ['quarantined'])
  })
})

describe('time', () => {
  test('a live series is as of wall time, a replayed one as of its last close', () => {
    const live = makeWorld({ now: closeAfter(5) + 500 })
    live.ingest(walk(5), { clock: 'live' })
    assert.deepEqual([live.read(live.declare(['close@1m'])).asOf, live.read(live.declare(['close@1m'])).clock], [closeAfter(5) + 500, 'live'])
    live.time.now = closeAfter(9)
    assert.deepEqual(live.read(live.declare(['close@1m'])).statuses, ['stale'])
    const replay = makeWorld()
    replay.ingest(walk(5))
    assert.equal(replay.read(replay.declare(['close@1m'])).asOf, closeAfter(5))
  })

  test('a longer timeframe counts as of the last longer bar that had closed by the row', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'close@5m'], { window: 3 })
    const bars = walk(16)
    ingest(bars)
    const { values } = read(set, closeAfter(11))
    const close = (after: number) => bars[after - 1]?.close
    assert.deepEqual([...values], [close(9), close(5), close(10), close(10), close(11), close(10)])
  })

  test('a longer bar that lacks a shorter one is missing, not replaced by the one before', () => {
    const { declare, ingest, read } = makeWorld()
    const set = declare(['close@1m', 'close@5m'])
    ingest(walk(16).toSpliced(6, 1))
    assert.deepEqual(read(set, closeAfter(9)).statuses, ['ok', 'ok'])
    assert.deepEqual(read(set, closeAfter(10)).statuses, ['ok', 'missing'])
    assert.deepEqual(read(set, closeAfter(15)).statuses, ['ok', 'ok'])
  })
})

describe('sets', () => {
  test('declaring an equal set again gives the same object; an unknown feature is refused with what may have been meant', () => {
    const { declare } = makeWorld()
    assert.equal(declare(['close@1m']), declare(['close@1m']))
    assert.notEqual(declare(['close@1m']), declare(['close@1m'], { window: 2 }))
    assert.throws(() => declare(['rsi(14)@1m', 'rsy(14)@1m']), { code: 'unknown_feature', message: /rsi\(14\)@1m/ })
  })

  test('a set declared late, and a symbol that no glob names, are computed from the stored bars', () => {
    const { declare, ingest, read } = makeWorld()
    const early = declare(['sma(20)@1m', 'rsi(14)@1m'])
    ingest(walk(400))
    const late = declare(['rsi(14)@1m', 'sma(20)@1m', 'close@1m'], { symbols: ['ETH/*'] })
    const [a, b] = [read(early), read(late)]
    assert.deepEqual([b.values[1], b.values[0]], [a.values[0], a.values[1]])
  })

  test('describe names every value with its status, age and digest', () => {
    const { declare, ingest, service } = makeWorld()
    const set = declare(['close@1m', 'sma(20)@1m'])
    ingest(walk(5))
    const [close, sma] = service.describe(set, key.symbol, closeAfter(5) + 1_000)
    assert.deepEqual({ ...close, digest: '' }, { id: 'close@1m', value: walk(5)[4]?.close, status: 'ok', eventTime: closeAfter(5), ageMs: 1_000, digest: '' })
    assert.deepEqual({ ...sma, digest: '' }, { id: 'sma(20)@1m', status: 'warming', warming: '5/20', eventTime: closeAfter(5), ageMs: 1_000, digest: '' })
    assert.match(close?.digest ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(service.sets(), [set])
    assert.equal(service.catalogue().length, families.length)
  })
})

describe('what is measured', () => {
  function makeMeter() {
    const seen: Record<string, number[]> = {}
    const record =
      (name: string, labels: object = {}) =>
      (value = 1) =>
        void (seen[`${name} ${Object.values(labels).join()}`] ??= []).push(value)
    const meter: Meter = {
      counter: (name, labels) => ({ add: record(name, labels) }),
      histogram: (name, labels) => ({ observe: record(name, labels) }),
      gauge: (name, labels) => ({ set: record(name, labels) }),
    }
    return { meter, seen }
  }

  test('a read is a hit when nothing had to be recomputed', () => {
    const { meter, seen } = makeMeter()
    const { declare, ingest, read } = makeWorld({ meter, historyRows: 64 })
    const followed = declare(['close@1m'])
    ingest(walk(1_000))
    read(followed)
    read(followed, closeAfter(950))
    const other = declare(['sma(2)@1m'], { symbols: [] })
    read(other)
    read(other)
    read(followed, closeAfter(500))
    assert.deepEqual([seen['feature_vector_reads_total hit']?.length, seen['feature_vector_reads_total miss']?.length], [3, 2])
  })

  test('freshness is the delay from the close of a live bar to its features; history that is filled in does not count', () => {
    const { meter, seen } = makeMeter()
    const { ingest, time } = makeWorld({ meter, now: closeAfter(5) + 250 })
    ingest(walk(5), { clock: 'live' })
    time.now = closeAfter(6) + 2 * 86_400_000
    ingest(walk(6), { clock: 'live' })
    assert.deepEqual(seen['feature_freshness_seconds live'], [0.25])
  })
})

describe('a proof', () => {
  const clock = { now: () => start, monotonic: () => 0 }
  const store = new SeriesStore({ clock, meter: noMeter })
  const spec = { timeframe: '1m', window: 1, symbols: ['*'] } as const

  test('that holds is shown with the set', async () => {
    const service = new FeatureService({ series: store, clock, meter: noMeter, proofs: new FeatureProofs({ clock, codeVersion: 'v' }) })
    const set = service.declare({ ...spec, features: ['sma(3)@1m', 'tod_sin'] })
    assert.deepEqual(service.certificates(set), [])
    await service.prove(set)
    assert.deepEqual(
      service.certificates(set).map(({ feature, proven, at }) => [feature, proven.length, at]),
      [
        ['sma(3)@1m', 4, start],
        ['tod_sin', 4, start],
      ],
    )
  })

  test('that fails ends the declaration of the set', async () => {
    const refusal = new ServingError('feature_contract_mismatch', 'sma(3)@1m fails the proof of look-ahead')
    const proofs = { prove: () => Promise.reject(refusal), certificate: () => undefined }
    const service = new FeatureService({ series: store, clock, meter: noMeter, proofs })
    const set = service.declare({ ...spec, features: ['sma(3)@1m'] })
    await assert.rejects(service.prove(set), refusal)
    assert.deepEqual(service.sets(), [])
  })
})

test('values that are not there are counted by feature and status', () => {
  const counts: Record<string, number> = {}
  const counter: Meter['counter'] = (name, labels = {}) => ({
    add() {
      const of = `${name} ${labels['feature']} ${labels['status']}`
      counts[of] = (counts[of] ?? 0) + 1
    },
  })
  const { declare, ingest, read } = makeWorld({ meter: { ...noMeter, counter } })
  const set = declare(['close@1m', 'sma(5)@1m', 'beta(BTC/USD,20)@1m'])
  ingest(walk(3))
  read(set)
  read(set)
  read(set, closeAfter(3) + 3_600_000)
  const absent = Object.fromEntries(Object.entries(counts).filter(([of]) => of.startsWith('feature_values_absent_total ')))
  assert.deepEqual(absent, {
    'feature_values_absent_total sma(5)@1m warming': 2,
    'feature_values_absent_total beta(BTC/USD,20)@1m partner-missing': 2,
    'feature_values_absent_total close@1m stale': 1,
    'feature_values_absent_total sma(5)@1m stale': 1,
    'feature_values_absent_total beta(BTC/USD,20)@1m stale': 1,
  })
})
