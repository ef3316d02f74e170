import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LineageBars, LineageNode, LineageWish } from '../contracts/lineage.ts'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import { SeriesStore } from '../market/series-store.ts'
import { FeatureService } from './feature-service.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const bars = walkBars({ seed: 4, count: 400, from: start, barMs: minute })
const other = walkBars({ seed: 5, count: 390, from: start, barMs: minute })

function makeWorld(clockNow = start + 86_400_000) {
  const clock = { now: () => clockNow, monotonic: () => 0 }
  const store = new SeriesStore({ clock, meter: noMeter })
  const service = new FeatureService({ series: store, clock, meter: noMeter })
  const features = ['close@1m', 'rsi(14)@1m', 'sma(5)@5m', 'beta(BTC/USDT,20)@1m', 'tod_sin', '(close-sma(20))/atr(14)@1m']
  const set = service.declare({ timeframe: '1m', features, window: 1, symbols: ['*'] })
  const ingest = (symbol: string, rows: typeof bars) => store.ingest({ symbol, timeframe: '1m' }, rows, { clock: 'replay' })
  const trace = (feature: string, wish: Partial<LineageWish> = {}) =>
    service.lineage(set, 'ETH/USDT', { feature, asOf: undefined, bars: 3, since: undefined, ...wish })
  return { set, service, ingest, trace }
}
type SeriesNode = Extract<LineageNode, { kind: 'series' }> & { readonly bars: LineageBars }
/** The first three series; a test that finds fewer fails where it looks. */
const seriesIn = (nodes: readonly LineageNode[]) => nodes.filter((node) => node.kind === 'series') as unknown as [SeriesNode, SeriesNode, SeriesNode]
const barsOf = (nodes: readonly LineageNode[]): LineageBars => seriesIn(nodes)[0].bars

describe('the lineage of a value', () => {
  test('goes from the value over definition and fields to the bars', () => {
    const { ingest, trace, set, service } = makeWorld()
    ingest('ETH/USDT', bars)
    const { asOf, nodes } = trace('rsi(14)@1m')
    const [value, definition, field, , ...more] = nodes
    const [series] = seriesIn(nodes)
    assert.deepEqual([asOf, more.length], [start + 400 * minute, 0])
    assert.ok(value?.kind === 'value' && definition?.kind === 'definition' && field?.kind === 'field')
    assert.deepEqual(
      [value.status, value.value, value.eventTime, value.setDigest],
      ['ok', service.vector(set, 'ETH/USDT', undefined).values[1], asOf, set.digest],
    )
    assert.deepEqual(definition.parameters, { n: 14 })
    assert.equal(definition.digest, service.describe(set, 'ETH/USDT')[1]?.digest)
    assert.deepEqual([value.restsOn, definition.restsOn, field.restsOn], [[definition.name], [field.name], [series.name]])
    assert.deepEqual([series.name, field.field, series.bars.count, series.bars.origin], ['ETH/USDT@1m', 'close', 400, start])
    assert.deepEqual(
      series.bars.newest.map(({ bar }) => bar.close),
      bars.slice(-3).map(({ close }) => close),
    )
  })

  test('shows what a longer timeframe is made of', () => {
    const { ingest, trace } = makeWorld()
    ingest('ETH/USDT', bars.slice(0, 398))
    const [long, short] = seriesIn(trace('sma(5)@5m').nodes)
    assert.deepEqual([long.derivedFrom, long.restsOn, long.bars.count], ['1m', [short.name], 79])
    assert.deepEqual([short.bars.count, short.bars.lastOpenTime], [395, start + 394 * minute])
  })

  test('goes from an expression to each feature of the catalogue that it names, and names a field once', () => {
    const { ingest, trace } = makeWorld()
    ingest('ETH/USDT', bars)
    const { nodes } = trace('(close-sma(20))/atr(14)@1m')
    const [, own, ...definitions] = nodes.filter(({ kind }) => kind === 'value' || kind === 'definition')
    assert.deepEqual(
      own?.restsOn,
      ['close@1m', 'sma(20)@1m', 'atr(14)@1m'].map((id) => `definition of ${id}`),
    )
    assert.deepEqual(
      definitions.map(({ name }) => name),
      own?.restsOn,
    )
    assert.ok(own?.kind === 'definition')
    assert.deepEqual([own.version, own.parameters, own.formula], [1, {}, '(close-sma(20))/atr(14)@1m'])
    const fields = nodes.flatMap((node) => (node.kind === 'field' ? [node.field] : []))
    assert.deepEqual(fields.toSorted(), ['close', 'high', 'low'])
  })

  test('shows both sides of a pair', () => {
    const { ingest, trace } = makeWorld()
    ingest('BTC/USDT', other)
    ingest('ETH/USDT', bars.slice(0, 390))
    const [pair, own, partner] = seriesIn(trace('beta(BTC/USDT,20)@1m').nodes)
    assert.deepEqual([pair.name, pair.restsOn], ['ETH/USDT~BTC/USDT@1m', ['ETH/USDT@1m', 'BTC/USDT@1m']])
    assert.equal(pair.bars.newest.at(-1)?.bar.partnerClose, other.at(-1)?.close)
    assert.deepEqual([own.bars.count, partner.bars.newest.at(-1)?.bar.close], [390, other.at(-1)?.close])
  })

  test('as of a moment leaves out later bars, and counts revisions', () => {
    const { ingest, trace } = makeWorld()
    ingest('ETH/USDT', bars)
    const asOf = start + 350 * minute
    const before = barsOf(trace('close@1m', { asOf }).nodes)
    assert.deepEqual([before.count, before.revisions], [350, 0])
    ingest('ETH/USDT', [{ ...bars[348]!, volume: 7 }])
    const after = barsOf(trace('close@1m', { asOf }).nodes)
    assert.deepEqual([after.revisions, after.newest.map(({ revisions }) => revisions)], [1, [0, 1, 0]])
    assert.notEqual(after.digest, before.digest)
    assert.deepEqual(
      after.newest.map(({ digest }, i) => digest === before.newest[i]?.digest),
      [true, false, true],
    )
  })

  test('begins again after a gap', () => {
    const { ingest, trace } = makeWorld()
    ingest('ETH/USDT', [...bars.slice(0, 50), ...bars.slice(60)])
    assert.deepEqual([barsOf(trace('close@1m').nodes).origin, barsOf(trace('close@1m').nodes).count], [start + 60 * minute, 340])
  })

  test('has the same digest on a replica that received the bars at another time, from where both keep them', () => {
    const [one, two] = [makeWorld(), makeWorld(start + 2 * 86_400_000)]
    one.ingest('ETH/USDT', bars)
    two.ingest('ETH/USDT', bars.slice(100))
    const since = start + 200 * minute
    assert.notEqual(barsOf(one.trace('close@1m').nodes).digest, barsOf(two.trace('close@1m').nodes).digest)
    assert.equal(barsOf(one.trace('close@1m', { since }).nodes).digest, barsOf(two.trace('close@1m', { since }).nodes).digest)
    assert.equal(barsOf(one.trace('close@1m', { since }).nodes).digestFrom, since)
  })

  test('of an absent value says why, and no more than is known', () => {
    const { ingest, trace } = makeWorld()
    assert.deepEqual([trace('close@1m').nodes[0], ...seriesIn(trace('close@1m').nodes)].length, 1)
    ingest('ETH/USDT', bars.slice(0, 10))
    const [value] = trace('rsi(14)@1m').nodes
    assert.ok(value?.kind === 'value' && value.value === undefined)
    assert.deepEqual([value.status, value.warming], ['warming', '10/295'])
    const [stale] = trace('close@1m', { asOf: start + 60 * minute }).nodes
    assert.ok(stale?.kind === 'value' && stale.status === 'stale')
    assert.equal(
      trace('beta(BTC/USDT,20)@1m').nodes.some(({ kind }) => kind === 'series'),
      false,
    )
    assert.throws(() => trace('rsy(14)@1m'), { code: 'unknown_feature', message: /rsi\(14\)@1m/ })
  })

  test('knows the plain names', () => {
    const { ingest, trace } = makeWorld()
    ingest('ETH/USDT', bars)
    assert.equal(trace('price').nodes[0]?.name, 'close@1m')
  })
})
