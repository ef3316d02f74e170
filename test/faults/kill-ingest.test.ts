import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { walkBars } from '../../src/market/bar-walk.ts'
import type { Client } from '../e2e/support/client.ts'
import { serverFolder, type ServerProcess } from '../e2e/support/server-process.ts'

const minute = 60_000
const count = 2_400
const perCall = 30
const start = Date.UTC(2024, 0, 1)
const bars = walkBars({ seed: 5, count, from: start, barMs: minute }).map(({ openTime, open, high, low, close, volume }) => [
  openTime,
  open,
  high,
  low,
  close,
  volume,
])
const features = 'ema(20), rsi(14), "macd_hist(12,26,9)", atr(14), obv_slope(20), sma(20), rsi(3)@5m, "zscore(close,30)"'

/** Starts a server with a declared set, on the same data each time; fewer bars are kept than will come, so that the oldest are dropped. */
function starter(t: TestContext): () => Promise<ServerProcess> {
  const { folder, start: startServer } = serverFolder(t)
  const [models, sets] = [join(folder, 'models'), join(folder, 'features')]
  for (const inner of [models, sets]) mkdirSync(inner)
  writeFileSync(join(sets, 'probe.yaml'), `timeframe: 1m\nfeatures: [${features}]\n`)
  return () => startServer({ 'models.dir': models, 'features.dir': sets, 'market.keepBars': '1100' })
}

const send = (client: Client, from: number) =>
  client.post('/market/bars', { symbol: 'BTC/USDT', timeframe: '1m', clock: 'replay', bars: bars.slice(from, from + perCall) })
const read = async (client: Client, closed: number) => {
  const { body } = await client.get(`/features/BTC%2FUSDT?set=probe&as_of=${new Date(start + closed * minute).toISOString()}`)
  return { complete: body.complete, values: body.features.map(({ value, status, event_time }: Record<string, unknown>) => [value, status, event_time]) }
}

test('a server that is killed in the middle of an ingest goes on without a warm-up and without a gap, with the bits of one that never ended', async (t) => {
  const [shaken, steady] = [starter(t), starter(t)]
  const { client: calm } = await steady()
  for (let from = 0; from < count; from += perCall) assert.equal((await send(calm, from)).status, 200)

  let { client, kill } = await shaken()
  const kills = [600, 1_500, 2_220]
  for (let from = 0; from < count; from += perCall) {
    if (kills.includes(from)) {
      const calls = Array.from({ length: 6 }, (_, i) => send(client, from + i * perCall).catch(() => undefined))
      assert.equal((await calls[0])?.status, 200)
      await Promise.all([kill(), ...calls])
      ;({ client, kill } = await shaken())
      const acknowledged = from + perCall
      const first = await read(client, acknowledged)
      assert.equal(first.complete, true, `after the kill at ${from} all that was acknowledged is there, and settled`)
      assert.deepEqual(first, await read(calm, acknowledged))
      continue // the next is resent whether or not it had arrived
    }
    assert.equal((await send(client, from)).status, 200)
  }
  for (let closed = count - 900; closed <= count; closed += 45) assert.deepEqual(await read(client, closed), await read(calm, closed), `after ${closed} bars`)
  const { body } = await client.get('/market/bars?symbol=BTC%2FUSDT&timeframe=1m&limit=1000')
  assert.deepEqual(
    body.bars.map((bar: readonly number[]) => bar.slice(0, 6)),
    bars.slice(-1_000),
  )
})
