import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { SeriesStore } from './series-store.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const makeStore = () => new SeriesStore({ clock: { now: () => start + 86_400_000, monotonic: () => 0 }, meter: noMeter })

/** One bar after the other from the first minute on; gives what was refused, by minute; NaN sends none. */
function send(store: SeriesStore, symbol: string, closes: readonly number[]): Map<number, string> {
  const refused = new Map<number, string>()
  for (const [i, close] of closes.entries()) {
    if (Number.isNaN(close)) continue
    const bar = { openTime: start + i * minute, open: close, high: close, low: close, close, volume: 1 }
    for (const { openTime, reason } of store.ingest({ symbol, timeframe: '1m' }, [bar]).quarantined) refused.set((openTime - start) / minute, reason)
  }
  return refused
}
const kept = (store: SeriesStore, symbol: string) => store.bars({ symbol, timeframe: '1m' }).map(({ close }) => close)

test('a jump that the next bar takes back is quarantined with its size', () => {
  const store = makeStore()
  const refused = send(store, 'LUNA/USDT', [100, 101, 30, 101])
  assert.deepEqual([...refused.keys()], [2])
  assert.match(refused.get(2) ?? '', /price moved by -70\.3 % in one bar: held/)
  assert.deepEqual(kept(store, 'LUNA/USDT'), [100, 101, 101])
  assert.match(store.quarantineReason({ symbol: 'LUNA/USDT', timeframe: '1m' }, start + 2 * minute) ?? '', /-70/)
})

test('a jump that the next bar confirms is real: both are taken, in their order, and nothing stays quarantined', () => {
  const store = makeStore()
  assert.deepEqual([...send(store, 'LUNA/USDT', [100, 101, 30, 31, 29]).keys()], [2])
  assert.deepEqual(kept(store, 'LUNA/USDT'), [100, 101, 30, 31, 29])
  assert.equal(store.quarantineReason({ symbol: 'LUNA/USDT', timeframe: '1m' }, start + 2 * minute), undefined)
  assert.equal(store.describe()[0]?.quarantined, 0)
})

test('only the bar that follows directly confirms: after a gap the jump stays refused', () => {
  const store = makeStore()
  send(store, 'LUNA/USDT', [100, 30, NaN, 31])
  assert.deepEqual(kept(store, 'LUNA/USDT'), [100, 31])
})

test('where other quotes of the asset have the bar they decide: a move of theirs is real, a distance from them is not', () => {
  const store = makeStore()
  send(store, 'BTC/USD', [50_000, 50_100, 20_000, 20_100])
  send(store, 'USDC/USD', [1, 1, 1, 1])
  const refused = send(store, 'BTC/USDC', [50_010, 45_000, 20_010, 20_100])
  assert.deepEqual([...refused.keys()], [1])
  assert.match(refused.get(1) ?? '', /moved by -10\.0 % in one bar, but by \+0\.2 % according to BTC\/USD and USDC\/USD/)
  const fresh = makeStore()
  send(fresh, 'BTC/USD', [50_000, 20_000, 20_100])
  send(fresh, 'USDC/USD', [1, 1, 1])
  assert.equal(send(fresh, 'BTC/USDC', [50_000, 20_010]).size, 0)
})

test('a quote that loses its peg is told from a wrong price by the same rule', () => {
  const store = makeStore()
  send(store, 'BTC/USD', [50_000, 50_000])
  send(store, 'USDC/USD', [1, 0.88])
  assert.equal(send(store, 'BTC/USDC', [50_000, 56_800]).size, 0)
  const wrong = makeStore()
  send(wrong, 'BTC/USD', [50_000, 50_000])
  send(wrong, 'USDC/USD', [1, 1])
  assert.equal(send(wrong, 'BTC/USDC', [50_000, 56_800]).size, 1)
})

test('moves within the limits, and moves over a gap, are taken as they come', () => {
  const store = makeStore()
  assert.equal(send(store, 'DOGE/USDT', [1, 1.49, 1, NaN, NaN, 9]).size, 0)
})
