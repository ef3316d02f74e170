import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type RedisServer, redisOrSkip } from '../../src/feature-store/testing/redis-server.ts'
import { heardOf, replicaSettings, type Replica, startReplica, uninterrupted, vectorsOf } from '../e2e/support/replicas.ts'
import { serverFolder, type ServerProcess } from '../e2e/support/server-process.ts'
import { exampleModels } from '../e2e/support/start-server.ts'
import { eventually } from '../support/eventually.ts'
import { symbol, valuesOf } from '../support/mock-exchange/follow-exchange.ts'
import { MockExchange } from '../support/mock-exchange/mock-exchange.ts'

const minute = 60_000
const symbols = [symbol, 'ETH/USDT']
const history = 700

/** A mock of an exchange and the settings of replicas that follow it; their leases are short. */
async function makeWorld(t: TestContext, redis: RedisServer) {
  await redis.start()
  const now = Math.floor(Date.now() / minute) * minute - 60 * minute
  const mock = await MockExchange.start(t, { symbols, now, past: 1_000, future: 65 })
  const feeds = JSON.stringify([{ exchange: 'binance', symbols, history, urls: mock.urls }])
  const flags = { feeds, 'redis.leaseMs': '2000', 'models.dir': exampleModels }
  return {
    mock,
    flags,
    play: (count: number): void => {
      for (let i = 0; i < count; i += 1) mock.playBar()
    },
    lastClose: (): number => mock.closedBars(symbol).at(-1)!.openTime + minute,
  }
}
type World = Awaited<ReturnType<typeof makeWorld>>

const takes = ({ presage }: Replica, one = symbol): boolean => presage.feeds.status()[0]!.series.find((series) => series.symbol === one)!.taken_here
const predict = async ({ client }: Pick<Replica, 'client'>, moment: number) => {
  const { status, body } = await client.post('/predict', { symbol, model: 'momentum', timestamp: new Date(moment).toISOString(), include: ['features'] })
  assert.equal(status, 200, body.detail)
  return [body.prediction, body.features]
}

/** The writer has every bar of the exchange once, and the vectors of an uninterrupted fold. Gives its bars. */
async function expectWhole(replica: Replica, { mock, lastClose }: World) {
  const series = () => replica.presage.market.find(symbol, '1m')
  await eventually('the last bar is stored', () => series()?.last?.closeTime === lastClose())
  await eventually('no bar is missing', () => series()!.length === (lastClose() - series()!.first!.openTime) / minute)
  const bars = series()!.slice(0, series()!.length)
  assert.deepEqual(valuesOf(bars), mock.closedBars(symbol).slice(-bars.length))
  assert.equal(series()!.revisionCount, 0)
  return bars
}

async function expectSame(writer: Replica, reader: Replica, world: World): Promise<void> {
  const asOf = world.lastClose()
  const bars = await expectWhole(writer, world)
  await heardOf(reader, asOf)
  const expected = uninterrupted(writer, bars, { asOf })
  assert.deepEqual(await vectorsOf(writer, { asOf }), expected)
  assert.deepEqual(await vectorsOf(reader, { asOf }), expected)
  assert.deepEqual(await predict(reader, asOf), await predict(writer, asOf))
}

test('of two replicas with the same feeds one takes each symbol and both answer alike; Redis may go and come back empty', { timeout: 240_000 }, async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  const world = await makeWorld(t, redis)
  const start = (name: string) => startReplica(t, { name, url: redis.url }, world.flags)
  const [a, b] = await Promise.all([start('a'), start('b')])
  await eventually('one replica takes each symbol', () => symbols.every((one) => takes(a, one) !== takes(b, one)))
  const [writer, reader] = takes(a) ? [a, b] : [b, a]
  await expectWhole(writer, world)
  world.play(3)
  await expectSame(writer, reader, world)
  await eventually('both feeds are well', () =>
    [a, b].every(({ presage }) => presage.feeds.health().status === 'healthy' || /clock/.test(presage.feeds.health().detail)),
  )
  assert.equal(reader.presage.market.find(symbol, '1m'), undefined)
  for (const { presage } of [a, b]) assert.equal(presage.feeds.status()[0]!.counts['refusedRows'], 0)

  await redis.kill()
  world.play(4)
  await expectWhole(writer, world)
  await redis.start()
  await eventually('Redis is back', async () => {
    const checks = await Promise.all([a, b].map(async ({ client }) => (await client.get('/health')).body.checks.cache.status))
    return checks.every((status) => status === 'healthy')
  })
  await expectSame(writer, reader, world)
  world.play(2)
  await expectSame(writer, reader, world)
  assert.deepEqual([takes(writer), takes(reader)], [true, false])
})

/** All bars that were ever asked for, and what followed. */
function everAsked({ mock }: World) {
  const asked = mock.asked.filter(({ pathname }) => pathname === mock.wire.barsPath).map(({ searchParams }) => Number(searchParams.get('startTime')))
  return mock.closedBars(symbol).filter(({ openTime }) => openTime >= Math.min(...asked))
}

const listed = async ({ client }: ServerProcess) =>
  (await client.get('/market/feeds')).body.feeds[0].series as readonly { taken_here: boolean; last_close_time: string | null }[]

test(
  'a writer that is killed: the other replica goes on with its bars and states, asks the exchange for what was missed, and takes the first one back as a reader',
  { timeout: 240_000 },
  async (t) => {
    const redis = await redisOrSkip(t)
    if (!redis) return
    const world = await makeWorld(t, redis)
    const { start } = serverFolder(t)
    const settings = { ...replicaSettings(t, { name: 'a', url: redis.url }), ...world.flags }
    const a = await start(settings)
    const upTo = (moment: number) => async () =>
      (await listed(a)).every((series) => series.last_close_time === new Date(moment).toISOString().replace('.000', ''))
    await eventually('a has the history', upTo(world.lastClose()))
    const b = await startReplica(t, { name: 'b', url: redis.url }, world.flags)
    await eventually('b leaves the symbols to it', () => symbols.every((one) => !takes(b, one)))
    world.play(3)
    await eventually('a has three more', upTo(world.lastClose()))
    await heardOf(b, world.lastClose())

    await a.kill()
    // While nobody can know yet that it is gone.
    world.play(3)
    await eventually('b has taken over', () => symbols.every((one) => takes(b, one)))
    world.play(2)
    await expectWhole(b, world)
    const asOf = world.lastClose()
    assert.deepEqual(await vectorsOf(b, { asOf }), uninterrupted(b, everAsked(world), { asOf }))

    const again = await start(settings)
    await eventually('a is a reader', async () => (await listed(again)).every((series) => !series.taken_here))
    assert.deepEqual(
      symbols.map((one) => takes(b, one)),
      [true, true],
    )
    world.play(2)
    await expectWhole(b, world)
    await eventually(
      'both answer alike',
      async () => JSON.stringify(await predict(again, world.lastClose())) === JSON.stringify(await predict(b, world.lastClose())),
    )
  },
)
