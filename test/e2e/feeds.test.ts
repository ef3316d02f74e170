import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { MockBinance } from '../support/mock-exchange/mock-binance.ts'
import { startServer } from './support/start-server.ts'

const minute = 60_000
const symbol = 'BTC/USDT'
const thisMinute = (): number => Math.floor(Date.now() / minute) * minute

/** A mock that is some minutes behind the machine's clock, and a server that follows it. */
async function follow(t: TestContext, { behind, history = 400, feed = {} }: { readonly behind: number; readonly history?: number; readonly feed?: object }) {
  const mock = await MockBinance.start(t, { symbols: [symbol, 'ETH/USDT'], now: thisMinute() - behind * minute, past: 700, future: behind + 5 })
  const feeds = JSON.stringify([{ exchange: 'binance', symbols: [symbol], history, urls: mock.urls, ...feed }])
  const server = await startServer(t, { feeds })
  const { market } = server.presage
  const series = () => market.find(symbol, '1m')
  /** Resolves when the newest stored bar is the newest closed one of the exchange. */
  const upToDate = () => eventually('every closed bar is stored', () => series()?.last?.openTime === mock.closedBars(symbol).at(-1)?.openTime)
  const subscribed = (times: number) => eventually(`${times} subscriptions`, () => mock.subscriptions('btcusdt@kline_1m') >= times)
  await subscribed(1)
  return { mock, subscribed, ...server, market, series, upToDate }
}

test('bars of an exchange become features and a prediction: history by REST, then each as it closes', async (t) => {
  const { mock, client, series, upToDate } = await follow(t, { behind: 20 })
  await upToDate()
  for (let i = 0; i < 20; i += 1) mock.playBar()
  await upToDate()
  const { status, body } = await client.post('/predict', { symbol })
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.model_info.name, 'momentum')
  assert.equal(body.clock, 'live')
  const stored = series()!.slice(0, series()!.length)
  const sent = mock.closedBars(symbol).slice(-stored.length)
  assert.ok(stored.length >= 400)
  assert.deepEqual(
    stored.map(({ openTime, open, high, low, close, volume }) => ({ openTime, open, high, low, close, volume })),
    sent,
  )
  assert.equal(series()!.revisionCount, 0, 'no forming state of a bar was ever stored')
})
