import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { redisOrSkip } from '../../src/feature-store/testing/redis-server.ts'
import { RedisLink } from '../../src/feature-store/redis-link.ts'
import { systemClock, systemTimer } from '../../src/system.ts'
import { modelsFolder } from '../e2e/support/models-folder.ts'
import { heardOf, recentBars, type Replica, type ReplicaFlags, sendBars, startReplica, uninterrupted, vectorsOf } from '../e2e/support/replicas.ts'
import { askFor, writeTrees } from '../support/small-bundles.ts'
import { until } from '../support/until.ts'

const minute = 60_000
const bars = recentBars(620)
const closeOf = (count: number): number => (bars[count - 1]?.openTime as number) + minute

/** A replica with one small model, whose leases are short; an idle one ends with the test. */
async function start(t: TestContext, { name, url }: { readonly name: string; readonly url: string }, flags: ReplicaFlags = {}): Promise<Replica> {
  const models = modelsFolder(t)
  writeTrees(models, { name: 'forest', up: 0.7 })
  return startReplica(t, { name, url }, { 'models.dir': models, 'models.eager': 'forest', 'redis.leaseMs': '600', 'redis.commandTimeoutMs': '500', ...flags })
}

async function expectPrediction({ client }: Replica): Promise<void> {
  const { status, body } = await client.post('/predict', askFor('forest'))
  assert.equal(status, 200, body.detail)
}

const isHealthy = async ({ client }: Replica): Promise<boolean> => (await client.get('/health')).body.checks.cache.status === 'healthy'
const isDegraded = async ({ client }: Replica): Promise<boolean> => (await client.get('/health')).body.checks.cache.status === 'degraded'

async function send(replica: Replica, from: number, to: number): Promise<void> {
  const { status, body } = await sendBars(replica, bars.slice(from, to))
  assert.equal(status, 200, body.detail)
}

async function expectUninterrupted(replica: Replica, count: number): Promise<void> {
  const asOf = closeOf(count)
  assert.deepEqual(await vectorsOf(replica, { asOf }), uninterrupted(replica, bars.slice(0, count), { asOf }))
}

test('without Redis at the start: predictions go on, bars are refused until it is there, and then are taken', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  const a = await start(t, { name: 'a', url: redis.url })
  await expectPrediction(a)
  assert.ok(await isDegraded(a))
  const refused = await sendBars(a, bars.slice(0, 1))
  assert.deepEqual([refused.status, refused.body.code, refused.body.retryable], [503, 'online_store_unavailable', true])
  await redis.start()
  await until(() => isHealthy(a))
  await send(a, 0, 600)
  await expectUninterrupted(a, 600)
})

test('a Redis that dies: the writer goes on alone, readers grow stale openly, and all is published again when it is back, empty', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  await redis.start()
  const [a, b] = [await start(t, { name: 'a', url: redis.url }), await start(t, { name: 'b', url: redis.url })]
  await send(a, 0, 600)
  await heardOf(b, closeOf(600))
  await redis.kill()
  await until(async () => (await isDegraded(a)) && (await isDegraded(b)))
  await expectPrediction(a)
  await expectPrediction(b)
  for (let count = 601; count <= 605; count++) await send(a, count - 1, count)
  await expectUninterrupted(a, 605)
  assert.equal((await sendBars(b, bars.slice(600, 601))).body.code, 'online_store_unavailable')
  const stale = (await vectorsOf(b, { asOf: closeOf(605) }))['many']
  assert.deepEqual([stale?.complete, stale?.barCloseTime, new Set(stale?.statuses)], [false, closeOf(600), new Set(['stale'])])
  await redis.start()
  await until(async () => (await isHealthy(a)) && (await isHealthy(b)))
  await heardOf(b, closeOf(605))
  await expectUninterrupted(b, 605)
  await send(a, 605, 606)
  await heardOf(b, closeOf(606))
  await expectUninterrupted(b, 606)
})

test('a Redis that answers no more: bars are taken after the time of a command at most, then at once; when it goes on, so does everything', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  await redis.start()
  const [a, b] = [await start(t, { name: 'a', url: redis.url }), await start(t, { name: 'b', url: redis.url })]
  await send(a, 0, 600)
  await heardOf(b, closeOf(600))
  redis.signal('SIGSTOP')
  await send(a, 600, 601)
  assert.ok(await isDegraded(a), 'with the first bar that others do not see')
  for (let count = 602; count <= 606; count++) await send(a, count - 1, count)
  await until(() => isDegraded(a))
  await expectPrediction(b)
  redis.signal('SIGCONT')
  await until(async () => (await isHealthy(a)) && (await isHealthy(b)))
  await heardOf(b, closeOf(606))
  await expectUninterrupted(b, 606)
})

test('a server that takes connections and never answers is no Redis: the start and predictions do not wait for it', async (t) => {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const a = await start(t, { name: 'a', url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}` })
  await expectPrediction(a)
  assert.ok(await isDegraded(a))
  assert.equal((await sendBars(a, bars.slice(0, 1))).body.code, 'online_store_unavailable')
})

test('a writer that lost its lease without noticing cannot overwrite its successor, and says that the bars must be sent again', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  await redis.start()
  const long = { 'redis.leaseMs': '600000' }
  const [a, b] = [await start(t, { name: 'a', url: redis.url }, long), await start(t, { name: 'b', url: redis.url }, long)]
  await send(a, 0, 600)
  const link = new RedisLink({ url: redis.url, commandTimeoutMs: 5_000, clock: systemClock, random: Math.random, timer: systemTimer })
  t.after(() => link.close())
  await link.open()
  await link.command(['DEL', 'presage:{BTC/USDT}:lease'])
  await send(b, 600, 601)
  const late = await sendBars(a, bars.slice(601, 602))
  assert.deepEqual([late.status, late.body.code], [421, 'not_the_writer'])
  assert.match((await sendBars(a, bars.slice(601, 602))).body.detail, /is written by b/)
  await send(b, 601, 602)
  await heardOf(a, closeOf(602))
  await expectUninterrupted(a, 602)
  await expectUninterrupted(b, 602)
})
