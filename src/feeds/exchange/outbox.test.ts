import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BarRow, FeedBatch } from '../feed-message.ts'
import { Outbox } from './outbox.ts'

const barMs = 60_000
const series = { symbol: 'BTC/USDT', timeframe: '1m', barMs } as const
const start = 1_700_000_040_000
const rows = (count: number, from = 0): BarRow[] => Array.from({ length: count }, (_, i) => [start + (from + i) * barMs, 1, 1, 1, 1, 1])

function makeOutbox(now = start + 1e9) {
  const sent: FeedBatch[] = []
  const dropped: number[] = []
  const clock = { at: now, now: () => clock.at, monotonic: () => 0 }
  return { outbox: new Outbox({ send: (batch) => sent.push(batch), clock, dropped: (count) => dropped.push(count) }), sent, dropped, clock }
}
const sizes = (sent: readonly FeedBatch[]): number[] => sent.map(({ bars }) => bars.reduce((sum, part) => sum + part.rows.length, 0))

test('a lone row goes at once; what comes while the server is busy goes together', () => {
  const { outbox, sent } = makeOutbox()
  outbox.bars(series, rows(1))
  outbox.bars(series, rows(1, 1))
  outbox.bars({ ...series, symbol: 'ETH/USDT' }, rows(2))
  outbox.trades('BTC/USDT', [[start, 1, 1, 'buy', '7']])
  assert.deepEqual(sizes(sent), [1])
  outbox.taken()
  assert.deepEqual(sizes(sent), [1, 3])
  assert.deepEqual(
    sent[1]!.bars.map(({ symbol }) => symbol),
    ['BTC/USDT', 'ETH/USDT'],
  )
  assert.deepEqual(sent[1]!.trades, [{ symbol: 'BTC/USDT', rows: [[start, 1, 1, 'buy', '7']] }])
})

test('many bars go in batches that a server can take between two requests, and their fetcher waits for room', async () => {
  const { outbox, sent } = makeOutbox()
  outbox.bars(series, rows(6_000))
  let roomy = false
  const room = outbox.room().then(() => (roomy = true))
  await Promise.resolve()
  assert.equal(roomy, false)
  outbox.taken()
  outbox.taken()
  await room
  assert.deepEqual(sizes(sent), [500, 500, 500])
})

test('a bar of an exchange whose clock is ahead waits for the end of its time on this machine’s clock', () => {
  const { outbox, sent, clock } = makeOutbox(start + barMs - 30_000)
  outbox.bars(series, rows(1))
  assert.deepEqual(sizes(sent), [])
  clock.at = start + barMs - 5_000
  outbox.flush()
  assert.deepEqual(sizes(sent), [1])
})

test('of trades that the server does not take the oldest are dropped and counted, bars never', () => {
  const { outbox, sent, dropped } = makeOutbox()
  outbox.bars(series, rows(1))
  outbox.trades(
    'BTC/USDT',
    Array.from({ length: 50_010 }, (_, i) => [start + i, 1, 1, undefined, undefined]),
  )
  assert.deepEqual(dropped, [10])
  outbox.taken()
  assert.equal(sent[1]!.trades[0]!.rows[0]![0], start + 10)
})
