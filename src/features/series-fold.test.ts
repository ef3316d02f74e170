import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import { type BarInput, toBar } from '../market/check-bar.ts'
import { Series } from '../market/series.ts'
import { SeriesStore } from '../market/series-store.ts'
import { FeatureService } from './feature-service.ts'
import { emaKernel } from './kernels/moving-averages.ts'
import { SeriesFold, type Snapshot } from './series-fold.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 300 * 86_400_000, monotonic: () => 0 }
const key = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const features = [
  'close@1m',
  'ema(9)@1m',
  'rsi(5)@1m',
  'macd(3,6,4)@1m',
  'atr(4)@1m',
  'bb_pctb(20,2)@1m',
  'vol_z(30)@1m',
  'rv(15)@1m',
  'obv_slope(9)@1m',
  'close@5m',
  'rsi(3)@5m',
]
const walk = (count: number, seed = 8) => walkBars({ seed, count, from: start, barMs: minute })

function makeWorld({ keepBars = 10_000, historyRows = 4_096, window = 1 } = {}) {
  const store = new SeriesStore({ clock, meter: noMeter, keepBars })
  const service = new FeatureService({ series: store, clock, meter: noMeter, historyRows })
  const set = service.declare({ timeframe: '1m', features, window, symbols: ['*'] })
  const ingest = (bars: readonly BarInput[]) => store.ingest(key, bars, { clock: 'replay' })
  return { store, ingest, read: (closedBars: number) => service.vector(set, key.symbol, start + closedBars * minute) }
}
/** The statuses and the bytes of the values: NaN and the sign of zero count too. */
const bytes = ({ statuses, values }: ReturnType<ReturnType<typeof makeWorld>['read']>): string =>
  `${statuses.join()} ${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')}`

describe('bars that come late or are revised', () => {
  test('leave the same bits as if they had come right and in order', () => {
    const count = 1_300
    const position = fc.integer({ min: 0, max: count - 1 })
    fc.assert(
      fc.property(
        fc.uniqueArray(position, { maxLength: 4 }),
        fc.uniqueArray(position, { maxLength: 4 }),
        fc.integer({ min: 1, max: 700 }),
        (late, revised, chunk) => {
          const bars = walk(count)
          const [right, wrong] = [makeWorld({ window: 200 }), makeWorld({ window: 200 })]
          right.ingest(bars)
          const first = bars
            .map((bar, i) => (revised.includes(i) ? { ...bar, volume: bar.volume + 1, close: bar.open } : bar))
            .filter((_, i) => !late.includes(i))
          for (let from = 0; from < first.length; from += chunk) wrong.ingest(first.slice(from, from + chunk))
          wrong.ingest(revised.map((i) => bars[i] as BarInput))
          for (const i of late) wrong.ingest([bars[i] as BarInput])
          for (let closed = 1; closed <= count; closed += 37) assert.equal(bytes(wrong.read(closed)), bytes(right.read(closed)), `after ${closed} bars`)
          assert.equal(bytes(wrong.read(count)), bytes(right.read(count)))
        },
      ),
      { numRuns: 15 },
    )
  })

  test('do not move a vector of a moment before them', () => {
    const world = makeWorld()
    world.ingest(walk(900))
    const before = bytes(world.read(600))
    world.ingest([{ ...(walk(900)[600] as BarInput), volume: 1 }])
    assert.equal(bytes(world.read(600)), before)
    assert.notEqual(bytes(world.read(601)), bytes(makeRead(601)))
    function makeRead(closed: number) {
      const untouched = makeWorld()
      untouched.ingest(walk(900))
      return untouched.read(closed)
    }
  })
})

describe('memory', () => {
  test('values stay those of the whole series when old bars are dropped', () => {
    const bars = walk(6_000)
    const [whole, bounded] = [makeWorld(), makeWorld({ keepBars: 1_100 })]
    whole.ingest(bars)
    for (let from = 0; from < bars.length; from += 250) bounded.ingest(bars.slice(from, from + 250))
    assert.ok((bounded.store.find(key.symbol, '1m')?.length ?? 0) < 2_200)
    const late = { ...(bars[5_500] as BarInput), volume: 7 }
    whole.ingest([late])
    bounded.ingest([late])
    for (const closed of [5_300, 5_501, 5_777, 6_000]) assert.equal(bytes(bounded.read(closed)), bytes(whole.read(closed)))
  })

  test('moments older than the readable rows are folded again to the same bits', () => {
    const bars = walk(5_000)
    for (const window of [1, 60]) {
      const [long, short] = [makeWorld({ historyRows: 8_192, window }), makeWorld({ historyRows: 128, window })]
      long.ingest(bars)
      short.ingest(bars)
      for (const closed of [1, 40, 300, 511, 512, 513, 1_024, 2_500, 4_871, 4_872, 4_873, 4_931, 5_000]) {
        assert.equal(bytes(short.read(closed)), bytes(long.read(closed)), `window ${window} after ${closed} bars`)
      }
    }
  })
})

test('a snapshot that does not know of a revised bar is not used', () => {
  const series = new Series(key, { calendar: 'continuous', clock: 'replay' })
  const lane = { key: 'ema', kernel: emaKernel(400), settled: [400] }
  const fold = (snapshots: readonly Snapshot[], onSnapshot?: (snapshot: Snapshot) => void) => {
    const made = new SeriesFold(series, { capacity: 4_096, snapshots, ...(onSnapshot ? { onSnapshot } : {}) })
    made.require([lane])
    return made.values[made.begin(made.rows - 1) + 1]
  }
  const bars = walk(3_000).map((bar) => toBar(bar, '1m', 0))
  for (const bar of bars) series.apply(bar)
  const early: Snapshot[] = []
  fold([], (snapshot) => early.push(snapshot))
  series.apply({ ...(bars[700] as (typeof bars)[0]), close: (bars[700] as (typeof bars)[0]).low })
  const late: Snapshot[] = []
  const right = fold([], (snapshot) => late.push(snapshot))
  series.trim(1_200)
  assert.ok(series.trimmed > 700)
  assert.equal(fold(late), right)
  const [first] = late.filter(({ boundary }) => boundary === series.first?.openTime)
  assert.ok(first !== undefined)
  assert.equal(fold(early), fold([]), 'a stale snapshot must count as none')
  assert.notEqual(fold(early), right)
})

describe('no value knows what comes after it', () => {
  /** Reads the same moment in two worlds that differ in every bar after it; true if anything moved. */
  function movesWithFuture(read: (world: ReturnType<typeof makeWorld>, closed: number) => string, closed: number): boolean {
    const past = walk(700).slice(0, closed)
    const future = walk(700, 99)
      .slice(closed)
      .map((bar) => ({ ...bar, volume: bar.volume * 3 }))
    const [one, other] = [makeWorld(), makeWorld()]
    one.ingest(walk(700))
    const scale = (past.at(-1)?.close ?? 1) / (future[0]?.open ?? 1)
    other.ingest([
      ...past,
      ...future.map((bar) => ({ ...bar, open: bar.open * scale, high: bar.high * scale, low: bar.low * scale, close: bar.close * scale })),
    ])
    return read(one, closed) !== read(other, closed)
  }

  test('every feature, at every moment, is the same whatever the future brings', () => {
    for (const closed of [1, 60, 256, 511, 512, 513, 601, 699])
      assert.equal(
        movesWithFuture((world, at) => bytes(world.read(at)), closed),
        false,
        `after ${closed} bars`,
      )
  })

  test('a reader that looks one bar ahead is caught', () => {
    for (const closed of [60, 513, 601])
      assert.equal(
        movesWithFuture((world, at) => bytes(world.read(at + 1)), closed),
        true,
      )
  })
})
