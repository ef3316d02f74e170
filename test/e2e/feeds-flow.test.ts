import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { MockTrade } from '../support/mock-exchange/binance-shapes.ts'
import { followBinance, symbol } from '../support/mock-exchange/follow-binance.ts'
import type { MockBinance } from '../support/mock-exchange/mock-binance.ts'

/** Plays a bar whose volume four trades add up to, with a book after each. */
function playWithFlow(mock: MockBinance, firstId: number): MockTrade[] {
  const market = mock.markets[0]!
  const bar = mock.barAt(symbol, mock.now)
  const from = mock.now
  const trades = [0.1, 0.2, 0.3, 0.4].map((share, i) => {
    const size = Number((bar.volume * share).toFixed(8))
    return { id: firstId + i, time: from + 10_000 * (i + 1), price: bar.close, size, buyerIsMaker: i % 2 === 1 }
  })
  for (const [i, trade] of trades.entries()) {
    mock.now = trade.time
    mock.sendTrade(market, trade)
    mock.changeBook(market, { bids: [[bar.close - 1, 3 + i]], asks: [[bar.close + 1, 2]] })
  }
  mock.playBar()
  return trades
}

test('trades and books become order flow of their bars; a gap in the books’ sequence begins them anew', { timeout: 120_000 }, async (t) => {
  const feed = { streams: ['bars', 'trades', 'books'], bookMs: 0 }
  const { mock, series, status, upToDate, presage } = await followBinance(t, { behind: 120, feed })
  const market = mock.markets[0]!
  const streams = ['btcusdt@trade', 'btcusdt@depth@100ms']
  await eventually('trades and books are subscribed to', () => streams.every((stream) => mock.subscriptions(stream) > 0))
  await eventually('the book is known', () => mock.asked.some(({ pathname }) => pathname === '/api/v3/depth'))
  const set = presage.features.declare({ timeframe: '1m', features: ['trade_imb(1)@1m', 'mid@1m', 'spread_bps@1m'], window: 1, symbols: [symbol] })
  const flowOf = (openTime: number) => series()!.bar(series()!.positionFrom(openTime))?.flow
  let id = 1
  const play = async (): Promise<MockTrade[]> => {
    const trades = playWithFlow(mock, (id += 10))
    await upToDate()
    return trades
  }

  await t.test('order flow of a bar is what was traded and shown in its minute', async () => {
    // The first minute is known in part only: nobody knows what was traded before the subscription.
    await play()
    const openTime = mock.now
    const trades = await play()
    await play()
    const flow = await eventually('the flow of the bar is known', () => {
      const known = flowOf(openTime)
      return known !== undefined && known.trades === 4 && Number.isFinite(known.bid) && known
    })
    const bought = trades.filter(({ buyerIsMaker }) => !buyerIsMaker).reduce((sum, { size }) => sum + size, 0)
    assert.ok(Math.abs(flow.buyVolume - bought) < 1e-9)
    const bar = mock.barAt(symbol, openTime)
    assert.deepEqual([flow.bid, flow.ask, flow.bidSize], [bar.close - 1, bar.close + 1, 6])
    const values = presage.features.vector(set, symbol, openTime + 60_000).values
    assert.equal(values[1], bar.close)
  })

  await t.test('a message of the books that was lost is noticed, and the next snapshot is asked for', async () => {
    const asked = () => mock.asked.filter(({ pathname }) => pathname === '/api/v3/depth').length
    const before = asked()
    mock.changeBook(market, { bids: [[90, 1]], asks: [[120, 1]] }, { lost: true })
    mock.changeBook(market, { bids: [[91, 1]], asks: [[119, 1]] })
    await eventually('the loss is counted', () => (status().counts['resyncs'] ?? 0) >= 1)
    await eventually('a new snapshot was asked for', () => asked() > before)
    await play()
    await eventually('books are known again', async () => {
      const openTime = mock.now
      await play()
      return flowOf(openTime)?.bidSize === 6
    })
  })

  await t.test('trades that come twice count once', async () => {
    const openTime = mock.now
    const trades = await play()
    for (const trade of trades) mock.sendTrade(market, trade)
    await play()
    await play()
    const flow = await eventually('the flow of the bar is known', () => flowOf(openTime))
    assert.equal(flow.trades, 4)
  })
})
