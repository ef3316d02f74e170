import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { followExchange, symbol, wires } from '../support/mock-exchange/follow-exchange.ts'
import type { MockExchange } from '../support/mock-exchange/mock-exchange.ts'
import type { MockTrade, Wire } from '../support/mock-exchange/wire.ts'

/** Plays a bar whose volume four trades add up to, with a book after each. */
function playWithFlow(mock: MockExchange, firstId: number): MockTrade[] {
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

async function becomesFlow(t: TestContext, wire: Wire): Promise<void> {
  const feed = { streams: ['bars', 'trades', 'books'], bookMs: 0 }
  const { mock, series, status, upToDate, presage } = await followExchange(t, { wire, behind: 120, feed })
  const market = mock.markets[0]!
  const channels = ['trades', 'books'] as const
  await eventually('trades and books are subscribed to', () => channels.every((channel) => mock.subscriptions(channel) > 0))
  if (wire.bookPath) await eventually('the book is known', () => mock.asked.some(({ pathname }) => pathname === wire.bookPath))
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

  if (wire.numbersBooks)
    await t.test('a message of the books that was lost is noticed, and the next snapshot is asked for', async () => {
      const asked = () => mock.asked.filter(({ pathname }) => pathname === wire.bookPath).length
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
}

const promise = 'trades and books become order flow of their bars'
for (const wire of wires) test(`${wire.exchange}: ${promise}`, { timeout: 120_000 }, (t) => becomesFlow(t, wire))
