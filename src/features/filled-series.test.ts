import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { FeatureSetSpec } from '../contracts/features.ts'
import { noMeter } from '../contracts/meter.ts'
import { checkedBars } from '../market/checked-bars.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { FeatureService } from './feature-service.ts'
import { readSetFile } from './set-file.ts'
import { trainingMatrix } from './training-matrix.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const clock = { now: () => start + 300 * 86_400_000, monotonic: () => 0 }
const symbol = 'BTC/USDT'
const features = ['close@1m', 'sma(5)@1m', 'ema(3)@1m', 'rsi(3)@1m', 'empty_share(5)@1m', 'gap_count(5)@1m', 'close@5m', 'sma(2)@5m', 'corr(ETH/USDT,4)@1m']
const walk = (count: number, seed = 8) => walkBars({ seed, count, from: start, barMs: minute })

function makeWorld({
  flat,
  keepBars = 10_000,
  historyRows = 4_096,
  ...spec
}: Partial<FeatureSetSpec> & { readonly flat?: number; readonly keepBars?: number; readonly historyRows?: number } = {}) {
  const store = new SeriesStore({ clock, meter: noMeter, keepBars, jumps: { maxJump: 0, quoteTolerance: 0 } })
  const service = new FeatureService({ series: store, clock, meter: noMeter, historyRows })
  const set = service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'], ...(flat !== undefined && { gaps: { flat } }), ...spec })
  const take = (bars: readonly BarInput[], of = symbol) => store.ingest({ symbol: of, timeframe: '1m' }, bars, { clock: 'replay' })
  return { set, service, take, read: (closed: number) => service.vector(set, symbol, start + closed * minute) }
}
type World = ReturnType<typeof makeWorld>
const bytes = ({ statuses, values }: ReturnType<World['read']>): string =>
  `${statuses.join()} ${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')}`
const without = (bars: readonly BarInput[], ...gone: readonly number[]): BarInput[] => bars.filter((_, i) => !gone.includes(i))
/** The bar that was traded in nothing, at the close before it. */
const flatAfter = ({ close }: BarInput, openTime: number): BarInput => ({ openTime, open: close, high: close, low: close, close, volume: 0 })

test('a gap that is short enough counts as empty bars, to the bit, once a later bar is there', () => {
  const bars = walk(130)
  const gappy = makeWorld({ flat: 2 })
  gappy.take(without(bars, 120, 121))
  const sent = makeWorld()
  const before = bars[119] as BarInput
  sent.take([...bars.slice(0, 120), flatAfter(before, start + 120 * minute), flatAfter(before, start + 121 * minute), ...bars.slice(122)])
  const [own, other] = [gappy.read(123), sent.read(123)]
  const gapCount = features.indexOf('gap_count(5)@1m')
  assert.deepEqual(
    own.values.filter((_, column) => column !== gapCount),
    other.values.filter((_, column) => column !== gapCount),
  )
  assert.deepEqual([own.values[gapCount], other.values[gapCount], own.values[features.indexOf('empty_share(5)@1m')]], [1, 0, 0.4])
  assert.deepEqual(own.statuses, [...features.slice(1).map(() => 'ok'), 'partner-missing'])
})

test('in the gap nothing is known that was not known then: the last bar until it is too old, then missing', () => {
  const world = makeWorld({ flat: 3, features: ['sma(5)@1m'] })
  world.take(without(walk(30), 20, 21, 22))
  assert.deepEqual(world.read(20).statuses, ['ok'])
  assert.deepEqual(bytes(world.read(21)), bytes(world.read(20)))
  assert.deepEqual([world.read(23).statuses, world.read(24).statuses], [['missing'], ['ok']])
})

test('a longer gap begins a new run, and every gap does without a policy', () => {
  for (const world of [makeWorld({ flat: 2, features: ['sma(5)@1m'] }), makeWorld({ features: ['sma(5)@1m'] })]) {
    world.take(without(walk(30), 20, 21, 22))
    assert.deepEqual([world.read(24).statuses, [...(world.read(24).warming ?? [])]], [['warming'], [[0, '1/5']]])
  }
})

test('whatever is missing, late or revised, live and late folds agree to the bit, also where rows are recalled', () => {
  const count = 700
  const position = fc.integer({ min: 1, max: count - 1 })
  const gaps = fc.array(fc.tuple(position, fc.integer({ min: 1, max: 6 })), { maxLength: 12 })
  fc.assert(
    fc.property(
      gaps,
      fc.uniqueArray(position, { maxLength: 5 }),
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(1, 4)),
      (cuts, late, [flat, window]) => {
        const gone = new Set(cuts.flatMap(([from, length]) => Array.from({ length }, (_, i) => from + i)))
        const bars = walk(count).filter((_, i) => !gone.has(i))
        const partner = walk(count, 9).filter((_, i) => !gone.has(i + 3))
        const later = late.map((i) => bars[i % bars.length] as BarInput)
        const [live, batch] = [makeWorld({ flat, window, historyRows: 64 }), makeWorld({ flat, window })]
        batch.take(partner, 'ETH/USDT')
        batch.take(bars)
        live.take(partner.slice(0, 300), 'ETH/USDT')
        for (const bar of bars) if (!later.includes(bar)) live.take([{ ...bar, ...(bar.openTime % (7 * minute) === 0 ? { close: bar.open } : {}) }])
        live.take(partner.slice(300), 'ETH/USDT')
        live.take(bars.filter(({ openTime }) => openTime % (7 * minute) === 0))
        live.take(later)
        for (let closed = 1; closed <= count; closed += 13) assert.equal(bytes(live.read(closed)), bytes(batch.read(closed)), `after ${closed} minutes`)
        assert.equal(bytes(live.read(count)), bytes(batch.read(count)))
      },
    ),
    { numRuns: 12 },
  )
})

test('the policy is part of the digest, and every number of bars is another', () => {
  const digests = [undefined, 1, 2].map((flat) => makeWorld(flat === undefined ? {} : { flat }).set.digest)
  assert.equal(new Set(digests).size, 3)
})

test('series of sessions have no gaps to fill', () => {
  const store = new SeriesStore({ clock, meter: noMeter })
  const service = new FeatureService({ series: store, clock, meter: noMeter })
  const set = service.declare({ timeframe: '1m', features: ['empty_share(5)@1m', 'gap_count(5)@1m'], window: 1, symbols: ['*'], gaps: { flat: 9 } })
  store.ingest({ symbol, timeframe: '1m' }, without(walk(30), 26), { clock: 'replay', calendar: 'as_received' })
  assert.equal(service.vector(set, symbol, undefined).values[1], 1)
})

test('training rows are those of bars that were received, as they would have been served', () => {
  const bars = without(walk(40), 20, 21)
  const labels = { kind: 'fixed-horizon', steps: 1, cost: 0, sigmas: 0, sigmaBars: 96 } as const
  const key = { symbol, timeframe: '1m', calendar: 'continuous' } as const
  const series = new Map([[symbol, { ...key, ...checkedBars(key, bars, clock) }]])
  const request = { ...key, series, features: ['sma(5)@1m'], gaps: { flat: 2 }, labels }
  const rows = [...trainingMatrix(request, clock).rows]
  const world = makeWorld({ flat: 2, features: ['sma(5)@1m'] })
  world.take(bars)
  const at = (closed: number) => rows.find(({ closeTime }) => closeTime === start + closed * minute)
  assert.deepEqual([at(21), at(22), at(23)?.values], [undefined, undefined, world.read(23).values])
})

test('a set file says how many bars of a gap count as empty', () => {
  const read = (gaps: string) => readSetFile(`timeframe: 1m\nfeatures: [close]\ngaps: ${gaps}\n`, { file: 'x.yaml' })
  assert.deepEqual([read('{ flat: 3 }').spec?.gaps, read('restart').spec?.gaps, read('restart').problems], [{ flat: 3 }, undefined, []])
  assert.match(read('{ flat: 0 }').problems[0]?.where ?? '', /^x\.yaml:3:/)
})
