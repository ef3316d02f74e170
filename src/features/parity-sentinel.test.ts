import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Meter, noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import type { BarInput } from '../market/check-bar.ts'
import { SeriesStore } from '../market/series-store.ts'
import { defineFeature } from './definition.ts'
import { FeatureService } from './feature-service.ts'
import { ParitySentinel } from './parity-sentinel.ts'
import type { SeriesFold } from './series-fold.ts'
import { type Frame, SymbolFolds } from './symbol-folds.ts'
import { bind } from './vector-reading.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const key = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const clock = { now: () => start + 86_400_000, monotonic: () => 0 }
const bars = walkBars({ seed: 2, count: 1_400, from: start, barMs: minute })

function makeSentinel(share = 1, random = () => 0) {
  const counts: Record<string, number> = {}
  const counter: Meter['counter'] = (_name, labels) => ({
    add: () => void (counts[labels?.['result'] ?? ''] = (counts[labels?.['result'] ?? ''] ?? 0) + 1),
  })
  const lines: object[] = []
  const sentinel = new ParitySentinel({ share, random, meter: { ...noMeter, counter }, log: { error: (about) => void lines.push(about) } })
  return { sentinel, counts, lines }
}

/** Folds of one symbol with a state that can be spoilt. */
function makeWorld(keepBars = 10_000) {
  const store = new SeriesStore({ clock, meter: noMeter, keepBars })
  store.derive('1m', '5m')
  const ingest = (from: number, to: number, change = {}) =>
    store.ingest(
      key,
      bars.slice(from, to).map((bar) => ({ ...bar, ...change })),
      { clock: 'replay' },
    )
  const folds = new SymbolFolds({ find: (symbol, timeframe) => store.find(symbol, timeframe), rows: 64 })
  store.onClose(({ series }) => folds.changed(series))
  const definitions = ['close@1m', 'ema(9)@1m', 'rsi(3)@5m'].map((id) => defineFeature(id, '1m'))
  const foldOf = (frame: Frame) => folds.require(key.symbol, frame, definitions)
  const subject = () => ({ symbol: key.symbol, definitions, binding: bind(definitions, foldOf({ timeframe: '1m' }) as SeriesFold, foldOf) })
  const spoil = (id: string) => {
    const definition = defineFeature(id, '1m')
    const lane = foldOf(definition)?.lane(definition.kernelKey)
    const state = lane?.snapshot() as Float64Array
    lane?.rewind(state.map((value, i) => (i < 2 ? value : value + 1e-7)))
  }
  return { ingest, subject, spoil }
}

describe('the sentinel', () => {
  test('finds live values equal to those that the stored bars give, also where older bars are gone', async () => {
    for (const keepBars of [10_000, 1_100]) {
      const { sentinel, counts, lines } = makeSentinel()
      const { ingest, subject } = makeWorld(keepBars)
      ingest(0, 1_000)
      subject()
      for (let from = 1_000; from < 1_400; from += 50) ingest(from, from + 50)
      sentinel.offer(subject())
      await sentinel.idle()
      assert.deepEqual([counts, lines, sentinel.fault], [{ equal: 2 }, [], undefined])
    }
  })

  test('names the feature whose state was spoilt, until it is right again', async () => {
    const { sentinel, counts, lines } = makeSentinel()
    const { ingest, subject, spoil } = makeWorld()
    ingest(0, 300)
    subject()
    spoil('ema(9)@1m')
    ingest(300, 301)
    sentinel.offer(subject())
    await sentinel.idle()
    assert.deepEqual(counts, { different: 1, equal: 1 })
    const [line] = lines as { feature: string; symbol: string; close_time: number }[]
    assert.deepEqual([lines.length, line?.feature, line?.symbol, line?.close_time], [1, 'ema(9)@1m', 'BTC/USDT', start + 301 * minute])
    assert.match(sentinel.fault ?? '', /^ema\(9\)@1m of BTC\/USDT differs/)
    const fresh = makeWorld()
    fresh.ingest(0, 302)
    sentinel.offer(fresh.subject())
    await sentinel.idle()
    assert.equal(sentinel.fault, undefined)
  })

  test('names a feature of a longer timeframe', async () => {
    const { sentinel, lines } = makeSentinel()
    const { ingest, subject, spoil } = makeWorld()
    ingest(0, 400)
    subject()
    spoil('rsi(3)@5m')
    ingest(400, 406)
    sentinel.offer(subject())
    await sentinel.idle()
    assert.deepEqual(
      lines.map((line) => (line as { feature: string }).feature),
      ['rsi(3)@5m'],
    )
  })

  test('leaves out what was rewritten meanwhile', async () => {
    const { sentinel, counts } = makeSentinel()
    const world = makeWorld()
    world.ingest(0, 1_000)
    sentinel.offer(world.subject())
    await new Promise((resolve) => setImmediate(resolve))
    world.ingest(3, 4, { volume: 1 })
    await sentinel.idle()
    assert.ok((counts['skipped'] ?? 0) >= 1 && counts['different'] === undefined)
  })

  test('takes the share that is set, and nothing after its end', async () => {
    let at = 0
    const { sentinel, counts } = makeSentinel(0.5, () => (at++ % 4) / 4)
    const { ingest, subject } = makeWorld()
    ingest(0, 300)
    for (let i = 0; i < 8; i++) sentinel.offer(subject())
    await sentinel.idle()
    assert.equal(counts['equal'], 2 * 4)
    sentinel.offer(subject())
    sentinel.close()
    await sentinel.idle()
    sentinel.offer(subject())
    await sentinel.idle()
    assert.equal(counts['equal'], 2 * 4)
  })

  test('is offered the vector of every bar that closes', () => {
    const offered: string[] = []
    const store = new SeriesStore({ clock, meter: noMeter })
    const sentinel = { offer: ({ symbol }: { readonly symbol: string }) => void offered.push(symbol) }
    const service = new FeatureService({ series: store, clock, meter: noMeter, sentinel })
    service.declare({ timeframe: '1m', features: ['close@1m'], window: 1, symbols: ['*'] })
    for (let i = 0; i < 3; i++) store.ingest(key, bars.slice(i, i + 1), { clock: 'replay' })
    store.ingest(key, [{ ...(bars[1] as BarInput), volume: 5 }])
    assert.deepEqual(offered, ['BTC/USDT', 'BTC/USDT', 'BTC/USDT'])
  })
})
