import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demoBars, demoKey } from '../../src/market/demo-bars.ts'
import { Client } from './support/client.ts'
import { batchRequest, singleRequest } from './support/specification.ts'
import { startServer } from './support/start-server.ts'

test('the specification, word for word, on the demonstration server', async (t) => {
  const { client, url, presage } = await startServer(t)

  await t.test('the single request gets a signal although no bars of that day are stored', async () => {
    const { status, body } = await client.post('/predict', singleRequest)
    assert.equal(status, 200)
    assert.ok(['BUY', 'SELL', 'HOLD'].includes(body.prediction.signal))
    assert.ok(body.prediction.confidence > 0 && body.prediction.confidence < 1)
    assert.ok(body.prediction.probability >= 0.5 && body.prediction.probability <= 1)
    assert.equal(body.model_info.version, 'v1.2.3')
    assert.match(body.model_info.training_date, /^\d{4}-\d\d-\d\dT.*Z$/)
    assert.ok(body.model_info.accuracy > 0.4 && body.model_info.accuracy < 0.7)
    assert.match(body.timestamp, /Z$/)
    assert.equal(body.as_of, '2024-01-15T10:30:00Z')
    assert.deepEqual([body.degraded, body.reason], [true, 'optional_inputs_missing'])
  })

  await t.test('its decision can be looked up with the inputs that the model saw', async () => {
    const { body } = await client.post('/predict', singleRequest)
    const { status, body: decision } = await client.get(`/decisions/${body.id}`)
    assert.equal(status, 200)
    assert.equal(decision.id, body.id)
    assert.match(JSON.stringify(decision), /45000/)
  })

  await t.test('the batch request says of every symbol what it lacks, in order', async () => {
    const { status, body } = await client.post('/predict/batch', batchRequest)
    assert.equal(status, 200)
    assert.deepEqual(
      body.predictions.map((item: { symbol: string; error: { code: string } }) => [item.symbol, item.error.code]),
      [
        ['BTC/USDT', 'features_unavailable'],
        ['ETH/USDT', 'features_unavailable'],
      ],
    )
  })

  await t.test('the batch request gets signals once bars up to that moment are there', async () => {
    const moment = Date.parse('2024-01-15T10:30:00Z')
    for (const symbol of ['BTC/USDT', 'ETH/USDT']) {
      const bars = Array.from({ length: 1500 }, (_, i) => {
        const close = 45_000 * (1 + Math.sin(i / 7) / 100 + Math.sin(i / 100) / 50)
        return [moment - (1500 - i) * 60_000, close, close * 1.001, close * 0.999, close, 100 + (i % 17)]
      })
      const { status, body } = await client.post('/market/bars', { symbol, timeframe: '1m', bars })
      assert.deepEqual([status, body.accepted, body.quarantined], [200, 1500, []])
    }
    const { body } = await client.post('/predict/batch', batchRequest)
    assert.deepEqual(
      body.predictions.map((item: { symbol: string; degraded: boolean; prediction: { signal: string } }) => [
        item.symbol,
        item.degraded,
        typeof item.prediction.signal,
      ]),
      [
        ['BTC/USDT', false, 'string'],
        ['ETH/USDT', false, 'string'],
      ],
    )
  })

  await t.test('the models and their versions have the specified fields', async () => {
    const { body } = await client.get('/models')
    const lstm = body.models.find(({ name }: { name: string }) => name === 'lstm_momentum_v1')
    assert.deepEqual([lstm.version, lstm.status], ['1.2.3', 'active'])
    assert.deepEqual(lstm.features.slice(0, 4), ['price', 'volume', 'rsi', 'macd'])
    const { body: versions } = await client.get('/models/momentum/versions')
    assert.equal(versions.model_name, 'momentum')
    assert.deepEqual(
      versions.versions.map(({ version }: { version: string }) => version),
      ['1.2.3', '1.2.2'],
    )
  })

  await t.test('health needs no key, predictions do', async () => {
    const stranger = new Client(url, undefined)
    assert.deepEqual([(await stranger.get('/health')).body.status, (await stranger.get('/readyz')).status], ['healthy', 200])
    assert.equal((await stranger.post('/predict', singleRequest)).body.code, 'auth_missing')
  })

  await t.test('a model in a process of its own answers on bars that are replayed', async () => {
    presage.market.ingest(demoKey, demoBars(), { calendar: 'as_received', clock: 'replay' })
    const { status, body } = await client.post('/predict', { symbol: 'URTH/USD' })
    assert.deepEqual([status, body.clock, body.degraded, body.model_info.name], [200, 'replay', false, 'baseline'])
  })
})
