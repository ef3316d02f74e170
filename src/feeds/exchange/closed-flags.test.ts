import assert from 'node:assert/strict'
import { test } from 'node:test'
import { saidClosed } from './closed-flags.ts'

const openTime = 1_606_292_580_000

test('Binance says it with x, alone or in a combined stream', () => {
  const kline = { t: openTime, T: openTime + 59_999, s: 'BTCUSDT', i: '1m', o: '1', c: '2', h: '3', l: '1', v: '5', x: true }
  const expected = [{ market: 'BTCUSDT', interval: '1m', openTime }]
  assert.deepEqual(saidClosed('binance', { e: 'kline', E: openTime, s: 'BTCUSDT', k: kline }), expected)
  assert.deepEqual(saidClosed('binanceusdm', { stream: 'btcusdt@kline_1m', data: { e: 'kline', k: kline } }), expected)
  assert.deepEqual(saidClosed('binance', { e: 'kline', k: { ...kline, x: false } }), [])
  assert.deepEqual(saidClosed('binance', { e: 'trade', s: 'BTCUSDT', t: 1 }), [])
})

test('Bybit says it with confirm', () => {
  const data = [
    { start: openTime, end: openTime + 59_999, interval: '1', confirm: true },
    { start: openTime + 60_000, interval: '1', confirm: false },
  ]
  assert.deepEqual(saidClosed('bybit', { topic: 'kline.1.BTCUSDT', data, type: 'snapshot' }), [{ market: 'BTCUSDT', interval: '1', openTime }])
})

test('OKX says it in the ninth field', () => {
  const arg = { channel: 'candle1m', instId: 'BTC-USDT' }
  const data = [[String(openTime), '1', '3', '1', '2', '5', '10', '10', '1']]
  assert.deepEqual(saidClosed('okx', { arg, data }), [{ market: 'BTC-USDT', interval: '1m', openTime }])
  assert.deepEqual(saidClosed('okx', { arg, data: [[...(data[0] ?? []).slice(0, 8), '0']] }), [])
})

test('Gate says it with w, in seconds', () => {
  const result = { t: String(openTime / 1_000), v: '5', c: '2', h: '3', l: '1', o: '1', n: '1m_BTC_USDT', w: true }
  assert.deepEqual(saidClosed('gate', { channel: 'spot.candlesticks', event: 'update', result }), [{ market: 'BTC_USDT', interval: '1m', openTime }])
})

test('of an exchange that is not listed, and of messages that are nothing, nothing is said', () => {
  assert.deepEqual(saidClosed('kraken', { e: 'kline', k: { x: true } }), [])
  for (const message of [undefined, null, 'pong', 5, [], {}, { e: 'kline' }, { k: null }]) assert.deepEqual(saidClosed('binance', message), [])
})
