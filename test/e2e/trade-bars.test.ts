import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from './support/start-server.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const symbol = 'BTC/USDT'

/** Two hours of trades, some minutes without any. */
const ticks = Array.from({ length: 1_500 }, (_, i) => {
  const price = 40_000 + 300 * Math.sin(i / 90) + (i % 13)
  return [start + i * 4_700 + (i > 700 ? 100_000 : 0), price, 0.01 * (1 + (i % 9)), i % 2 ? 'buy' : 'sell', i] as const
})

/** One bar against its own trades. */
function checkBar([openTime = 0, open, high, low, close, volume]: readonly number[]): void {
  const own = ticks.filter(([time]) => time >= openTime && time < openTime + minute)
  const prices = own.map(([, price]) => price)
  if (own.length === 0) assert.deepEqual([open, high, low, volume], [close, close, close, 0])
  else assert.deepEqual([open, high, low, close], [prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)])
}

test('trades alone make bars and features, and the same ones live as afterwards in one lot', async (t) => {
  const settings = {
    'market.barsFromTrades': `[{symbols: ${symbol}, clock: replay}]`,
    'features.dir': 'examples/features',
    'features.modulePaths': 'examples/features',
    'models.eager': '',
  }
  const [live, once] = [await startServer(t, settings), await startServer(t, settings)]
  for (let at = 0; at < ticks.length; at += 40) assert.equal((await live.client.post('/market/ticks', { symbol, ticks: ticks.slice(at, at + 40) })).status, 200)
  await once.client.post('/market/ticks', { symbol, ticks })
  const [mine, theirs] = await Promise.all([live, once].map(({ client }) => client.get('/market/bars?symbol=BTC%2FUSDT&timeframe=1m')))
  const bars = mine?.body.bars as readonly (readonly number[])[]
  assert.equal(bars.length, Math.floor((ticks.at(-1) as (typeof ticks)[number])[0] / minute) - start / minute - 1)
  assert.deepEqual(mine?.body, theirs?.body)
  for (const bar of bars) checkBar(bar)
  assert.ok(bars.some(([, , , , , volume]) => volume === 0))
  const [one, other] = await Promise.all([live, once].map(({ client }) => client.get('/features/BTC%2FUSDT?set=trending')))
  assert.equal(one?.body.features[0].status, 'ok')
  assert.deepEqual(one?.body.features, other?.body.features)
})
