import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heardOf, recentBars, redisWithReplicas, type Replica, sendBars, uninterrupted, vectorsOf } from './support/replicas.ts'

const minute = 60_000

type Bars = ReturnType<typeof recentBars>
const closeOf = (bars: Bars): number => (bars.at(-1)?.openTime as number) + minute

async function send(replica: Replica, bars: Bars): Promise<void> {
  for (let from = 0; from < bars.length; from += 500) {
    const { status, body } = await sendBars(replica, bars.slice(from, from + 500))
    assert.equal(status, 200, body.detail)
  }
}

test('a prediction on a replica that takes no bars has the bits and digests of the writer, bar after bar', async (t) => {
  const world = await redisWithReplicas(t)
  if (!world) return
  const [a, b] = [await world.start('a'), await world.start('b')]
  const bars = recentBars(1_600)
  for (const part of [bars.slice(0, 1_590), ...bars.slice(1_590).map((bar) => [bar])]) {
    await send(a, part)
    const asOf = closeOf(part)
    await heardOf(b, asOf)
    assert.deepEqual(await vectorsOf(b, { asOf }), await vectorsOf(a, { asOf }))
  }
  const request = { symbol: 'BTC/USDT', model: 'momentum', timestamp: new Date(closeOf(bars)).toISOString(), include: ['features'] }
  const [onA, onB] = [await a.client.post('/predict', request), await b.client.post('/predict', request)]
  assert.equal(onB.status, 200, onB.body.detail)
  assert.deepEqual([onB.body.prediction, onB.body.features], [onA.body.prediction, onA.body.features])
  const odd = onB.body.features.filter(({ source, status }: { source: string; status: string }) => source !== 'store' || status !== 'ok')
  assert.deepEqual(odd, [])
  const batch = { model: 'momentum', requests: [{ symbol: 'BTC/USDT', timestamp: request.timestamp }] }
  assert.deepEqual((await b.client.post('/predict/batch', batch)).body.predictions[0].prediction, onA.body.prediction)
})

test('a replica that is not the writer refuses bars naming the one that is, and takes over once that one has ended', async (t) => {
  const world = await redisWithReplicas(t)
  if (!world) return
  const [a, b] = [await world.start('a'), await world.start('b')]
  const bars = recentBars(1_260)
  await send(a, bars.slice(0, 1_250))
  const refused = await sendBars(b, bars.slice(1_250, 1_251))
  assert.deepEqual([refused.status, refused.body.code, refused.body.retryable], [421, 'not_the_writer', true])
  assert.match(refused.body.detail, /^BTC\/USDT is written by a: /)
  assert.ok(refused.body.retry_after_ms > 0)
  assert.equal((await sendBars(b, bars.slice(0, 10), 'ETH/USDT')).status, 200)
  await a.presage.stop()
  for (const bar of bars.slice(1_250)) {
    await send(b, [bar])
    assert.deepEqual(
      await vectorsOf(b, { asOf: bar.openTime + minute }),
      uninterrupted(b, bars.slice(0, bars.indexOf(bar) + 1), { asOf: bar.openTime + minute }),
    )
  }
})
