import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../../contracts/meter.ts'
import { FeatureService } from '../../features/feature-service.ts'
import { walkBars } from '../../market/bar-walk.ts'
import { SeriesStore } from '../../market/series-store.ts'
import { systemClock } from '../../system.ts'
import type { GatewayDeps } from '../gateway-deps.ts'
import { createServer } from '../server.ts'
import { makeGatewayDeps, makeKeys } from '../testing/make-gateway.ts'
import type { LineageResponse } from '../../contracts/lineage.ts'

const { ring, texts } = makeKeys()
const start = Date.UTC(2024, 0, 1)

test('the lineage of a value is answered as a graph, and a feature that is not in the set with the nearest', async (t) => {
  const market = new SeriesStore({ clock: systemClock, meter: noMeter })
  const features = new FeatureService({ series: market, clock: systemClock, meter: noMeter })
  const set = features.declare({ timeframe: '1m', features: ['close@1m', 'sma(5)@5m'], window: 1, symbols: ['*'] })
  market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, walkBars({ seed: 1, count: 60, from: start, barMs: 60_000 }), { clock: 'replay' })
  const lease = { model: { features: set }, release() {}, [Symbol.dispose]() {} }
  const base = makeGatewayDeps({ keys: ring, market, features })
  const models = { ...base.models, acquire: () => lease } as unknown as GatewayDeps['models']
  const server = await createServer({ ...base, models })
  t.after(() => server.drain())
  const url = await server.listen()
  const ask = (query: string) => fetch(`${url}/features/BTC%2FUSDT/lineage?set=momentum&${query}`, { headers: { 'x-api-key': texts[0] as string } })

  const response = await ask('feature=sma(5)@5m&bars=2&since=2024-01-01T00:30:00Z')
  const body = (await response.json()) as LineageResponse
  assert.deepEqual([response.status, body.feature, body.as_of, body.set.digest], [200, 'sma(5)@5m', '2024-01-01T01:00:00Z', set.digest])
  assert.deepEqual(
    body.nodes.map(({ kind, name }) => `${kind}: ${name}`),
    ['value: sma(5)@5m', 'definition: definition of sma(5)@5m', 'field: close of BTC/USDT@5m', 'series: BTC/USDT@5m', 'series: BTC/USDT@1m'],
  )
  const [value] = body.nodes
  assert.ok(value?.kind === 'value' && value.event_time === '2024-01-01T01:00:00Z' && typeof value.value === 'number')
  const source = body.nodes.at(-1)
  assert.ok(source?.kind === 'series')
  assert.deepEqual([source.bars?.count, source.bars?.newest.length, source.bars?.digest.from], [60, 2, '2024-01-01T00:30:00Z'])
  assert.equal(source.bars?.newest[1]?.open_time, '2024-01-01T00:59:00Z')

  const refused = await ask('feature=smo(5)@5m')
  assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [400, 'unknown_feature'])
  assert.equal((await ask('feature=close@1m&since=yesterday')).status, 400)
  const many = (await (await ask('feature=close@1m&bars=501')).json()) as { code: string; detail: string }
  assert.deepEqual([many.code, many.detail], ['validation_failed', '/bars must be a whole number from 0 to 500'])
})
