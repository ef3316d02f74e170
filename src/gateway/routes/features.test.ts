import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { noMeter } from '../../contracts/meter.ts'
import { FeatureService } from '../../features/feature-service.ts'
import { walkBars } from '../../market/bar-walk.ts'
import { SeriesStore } from '../../market/series-store.ts'
import { systemClock } from '../../system.ts'
import { createServer } from '../server.ts'
import { makeGatewayDeps, makeKeys } from '../testing/make-gateway.ts'

const { ring, texts } = makeKeys(['features:read'])
const start = Date.UTC(2024, 0, 1)
const bars = walkBars({ seed: 3, count: 120, from: start, barMs: 60_000 })

/** A server with a set of the operator and bars up to the second hour, asked for JSON. */
async function asked(t: TestContext, path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const market = new SeriesStore({ clock: systemClock, meter: noMeter })
  const features = new FeatureService({ series: market, clock: systemClock, meter: noMeter })
  features.declare({ timeframe: '1m', features: ['close>sma(20)@1m', 'close@1m'], labels: ['above', 'last'], name: 'trend', window: 1, symbols: ['*'] })
  market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars, { clock: 'replay' })
  const server = await createServer(makeGatewayDeps({ keys: ring, market, features }))
  t.after(() => server.drain())
  const response = await fetch(`${await server.listen()}${path}`, { headers: { 'x-api-key': texts[0] as string } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('GET /features shows the sets of the operator with their names', async (t) => {
  const { body } = await asked(t, '/features')
  const [set] = body['sets'] as Record<string, unknown>[]
  assert.match(set?.['digest'] as string, /^[0-9a-f]{64}$/)
  assert.deepEqual(
    { ...set, digest: '', certificates: [] },
    {
      name: 'trend',
      digest: '',
      certificates: [],
      timeframe: '1m',
      window: 1,
      features: ['close>sma(20)@1m', 'close@1m'],
      labels: ['above', 'last'],
      symbols: ['*'],
    },
  )
})

test('GET /features/{symbol} reads a set of the operator by name, with the names of its columns', async (t) => {
  const { status, body } = await asked(t, '/features/BTC%2FUSDT?set=trend')
  const closes = bars.map(({ close }) => close)
  const mean = closes.slice(-20).reduce((sum, close) => sum + close, 0) / 20
  const rows = body['features'] as Record<string, unknown>[]
  assert.equal(status, 200)
  assert.deepEqual(
    rows.map(({ id, label, value, status }) => ({ id, label, value, status })),
    [
      { id: 'close>sma(20)@1m', label: 'above', value: (closes.at(-1) ?? 0) > mean ? 1 : 0, status: 'ok' },
      { id: 'close@1m', label: 'last', value: closes.at(-1), status: 'ok' },
    ],
  )
  assert.equal((body['set'] as { name: string }).name, 'trend')
  assert.equal(body['complete'], true)
})

test('a name that is neither a set nor a model is not found', async (t) => {
  const { status } = await asked(t, '/features/BTC%2FUSDT?set=nothing')
  assert.equal(status, 404)
})

test('a moment in the future is refused by name, as predictions refuse it', async (t) => {
  for (const path of ['/features/BTC%2FUSDT?set=trend', '/features/BTC%2FUSDT/lineage?set=trend&feature=last']) {
    const { status, body } = await asked(t, `${path}&as_of=2100-01-01T00:00:00Z`)
    assert.deepEqual([status, body['code'], (body['errors'] as { pointer: string }[])[0]?.pointer], [422, 'timestamp_in_future', '/as_of'])
  }
})
