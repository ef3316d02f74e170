import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redisOrSkip } from '../../src/feature-store/testing/redis-server.ts'
import { recentBars, replicaSettings, sendBars, startReplica, uninterrupted, vectorsOf } from '../e2e/support/replicas.ts'
import { serverFolder } from '../e2e/support/server-process.ts'
import { until } from '../support/until.ts'

const minute = 60_000
const bars = recentBars(1_330)
const closeOf = (count: number): number => (bars[count - 1]?.openTime as number) + minute

test('a writer that is killed amid its bars is taken over without a gap or a new warm-up, and goes on later as if it had never been away', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  await redis.start()
  const { start } = serverFolder(t)
  const settings = { ...replicaSettings(t, { name: 'a', url: redis.url }), 'models.eager': '', 'redis.leaseMs': '2000' }
  const a = await start(settings)
  const b = await startReplica(t, { name: 'b', url: redis.url }, { 'models.eager': '', 'redis.leaseMs': '2000' })
  for (let from = 0; from < 1_300; from += 433) assert.equal((await sendBars(a, bars.slice(from, Math.min(1_300, from + 433)))).status, 200)

  let count = 1_300
  const sending = (async () => {
    for (;;) {
      const answer = await sendBars(a, bars.slice(count, count + 1)).catch(() => undefined)
      if (answer?.status !== 200) return
      count += 1
    }
  })()
  await until(() => count >= 1_305)
  await a.kill()
  await sending

  // What was answered for is known; the bar that was on its way may be: it is sent again.
  const next = bars.slice(count, count + 1)
  const refused = await sendBars(b, next)
  assert.deepEqual([refused.status, refused.body.code], [421, 'not_the_writer'])
  await until(async () => (await sendBars(b, next)).status === 200)
  assert.deepEqual(await vectorsOf(b, { asOf: closeOf(count + 1) }), uninterrupted(b, bars.slice(0, count + 1), { asOf: closeOf(count + 1) }))
  for (let i = count + 1; i < 1_325; i++) assert.equal((await sendBars(b, bars.slice(i, i + 1))).status, 200)
  await b.presage.stop()

  const again = await start(settings)
  assert.equal((await sendBars(again, bars.slice(1_325, 1_326))).status, 200)
  const { body } = await again.client.get(`/features/BTC%2FUSDT?set=many&as_of=${new Date(closeOf(1_326)).toISOString()}`)
  const wanted = uninterrupted(b, bars.slice(0, 1_326), { asOf: closeOf(1_326) })['many']
  assert.deepEqual(
    body.features.map(({ value }: { value: number }) => value),
    [...new Float64Array(BigUint64Array.from(wanted?.bits ?? []).buffer)],
  )
})
