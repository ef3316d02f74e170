import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { FlowTapes } from '../market/flow/flow-tapes.ts'
import { OrderFlow } from '../market/flow/order-flow.ts'
import { SeriesStore } from '../market/series-store.ts'
import { nodeCommand } from '../processes/command.ts'
import { systemClock } from '../system.ts'
import { Feed, type FeedDeps } from './feed.ts'
import { feedSettings, type FeedWish } from './feed-settings.ts'
import { Feeds } from './feeds.ts'

const command = nodeCommand(new URL('./fixtures/moody-feed.ts', import.meta.url))
const symbol = 'BTC/USDT'

/** A feed whose process is in a mood; `told` resolves with the first thing that is logged. */
function makeFeed(t: TestContext, mood: string, limits: FeedDeps['limits'] = {}) {
  const tapes = new FlowTapes()
  const market = new SeriesStore({ clock: systemClock, meter: noMeter, tapes })
  const flow = new OrderFlow({ tapes, store: market, clock: systemClock, meter: noMeter })
  const told = Promise.withResolvers<Record<string, unknown>>()
  const wish: FeedWish = { exchange: 'binance', symbols: [symbol], history: 10, options: { mood } }
  const closed = Promise.withResolvers<void>()
  market.onClose(() => closed.resolve())
  const deps: FeedDeps = { market, flow, clock: systemClock, random: () => 0.5, meter: noMeter, command, log: (about) => told.resolve({ ...about }), limits }
  const feed = new Feed(feedSettings(wish), deps)
  t.after(() => feed.stop())
  return { feed, market, told: told.promise, closed: closed.promise, deps, wish }
}

test('bars of a process are stored as a live, continuous series, beginning where the history is wanted', async (t) => {
  const { feed, market, closed } = makeFeed(t, 'well')
  await closed
  const series = market.find(symbol, '1m')!
  assert.deepEqual(series.settings, { calendar: 'continuous', clock: 'live' })
  assert.equal(series.first!.openTime, (Math.floor(systemClock.now() / 60_000) - 10) * 60_000)
  assert.deepEqual([feed.status.phase, feed.status.counts['gapFilled'], feed.status.series[0]!.symbol], ['connected', 1, symbol])
})

test('a process that says nothing is ended and started again later', async (t) => {
  const { feed, told } = makeFeed(t, 'mute', { silentMs: 300, backoff: { baseMs: 60_000, capMs: 60_000 } })
  const { reason, retry_after_ms: wait } = await told
  assert.deepEqual([reason, wait], ['it said nothing for 300 ms', 45_000])
  assert.deepEqual([feed.status.phase, feed.status.healthy, feed.status.counts['restarts'], feed.pid], ['down', false, 1, undefined])
  assert.match(feed.status.detail, /said nothing/)
})

test('a process that ends, and one that says what is no message, are started again', async (t) => {
  const backoff = { baseMs: 60_000, capMs: 60_000 }
  assert.equal((await makeFeed(t, 'exits', { backoff }).told)['reason'], 'it exited with status 3')
  assert.equal((await makeFeed(t, 'babbles', { backoff }).told)['reason'], 'it sent a message of no known kind')
})

test('a feed that is refused stays so, and says what has to change', async (t) => {
  const { feed, told } = makeFeed(t, 'refuses')
  await told
  assert.deepEqual([feed.status.phase, feed.status.healthy], ['refused', false])
  assert.match(feed.status.detail, /did you mean binance\?/)
})

test('a series that exists with other settings is left alone, and the feed tells it', async (t) => {
  const { feed, market, deps } = makeFeed(t, 'mute')
  await feed.stop()
  market.ingest({ symbol, timeframe: '1m' }, [{ openTime: 1_700_000_040_000, open: 1, high: 1, low: 1, close: 1, volume: 1 }], { clock: 'replay' })
  const told = Promise.withResolvers<void>()
  const other = new Feed(
    { ...feed.settings, options: { mood: 'well' } },
    { ...deps, market: { calendars: market.calendars, find: market.find.bind(market), ingest: (...args) => (told.resolve(), market.ingest(...args)) } },
  )
  t.after(() => other.stop())
  await told.promise
  assert.equal(market.find(symbol, '1m')!.length, 1)
  assert.match(other.status.detail, /exists as continuous, replay/)
  assert.equal(other.status.counts['refusedRows'], 1)
})

test('without a configured feed nothing is started, and nothing is wrong', () => {
  const feeds = new Feeds([], {} as FeedDeps)
  feeds.start()
  assert.deepEqual([feeds.any, feeds.pids, feeds.status(), feeds.health().status], [false, [], [], 'healthy'])
})
