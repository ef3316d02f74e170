import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { exampleModels, startServer } from './support/start-server.ts'

const chain = `fallback:
  - { model: momentum, version: 1.2.2, on: [unavailable] }
  - { values: { "rsi(14)@1m": 50 }, on: [warming, flat] }
  - { signal: HOLD, confidence: 0.5 }
`

/** A folder with momentum 1.2.2, and 1.2.3 with a chain of fallbacks. */
function modelsFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-fallback-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const version of ['1.2.2', '1.2.3']) cpSync(join(exampleModels, 'momentum', version), join(folder, 'momentum', version), { recursive: true })
  const manifest = join(folder, 'momentum', '1.2.3', 'model.yaml')
  writeFileSync(manifest, `${readFileSync(manifest, 'utf8')}${chain}`)
  return folder
}

const minute = 60_000
const bars = (count: number, from: number) => Array.from({ length: count }, (_, i) => [from + i * minute, 100 + i, 101 + i, 99 + i, 100 + i, 5])

test('a symbol that warms up is answered on declared values, one without bars by the declared signal, each degraded and recorded', async (t) => {
  const { client } = await startServer(t, { 'models.dir': modelsFolder(t) })
  const from = Math.floor(Date.now() / minute - 10) * minute
  await client.post('/market/bars', { symbol: 'ETH/USDT', timeframe: '1m', bars: bars(10, from) })
  const ask = { symbol: 'ETH/USDT', model: 'momentum', model_version: '1.2.3', include: ['features'] }
  const warming = await client.post('/predict', ask)
  assert.equal(warming.status, 200, JSON.stringify(warming.body))
  assert.deepEqual([warming.body.degraded, warming.body.served_by, warming.body.reason], [true, 'fallback', 'features_unavailable'])
  const { failed, ...fallback } = warming.body.fallback
  assert.deepEqual(fallback, { step: 2, by: 'values', model: { name: 'momentum', version: '1.2.3' }, reasons: ['warming'], values: ['rsi(14)@1m'] })
  assert.match(failed[0].detail, /rsi\(14\)@1m \(warming 10\/\d+ bars\)/)
  const rsi = warming.body.features.find(({ id }: { id: string }) => id === 'rsi(14)@1m')
  assert.deepEqual(rsi, { id: 'rsi(14)@1m', value: 50, status: 'warming', source: 'fallback', event_time: null, age_s: null })

  const { body } = await client.get(`/decisions/${warming.body.id}`)
  assert.deepEqual([body.served_by, body.fallback, body.prediction], ['fallback', warming.body.fallback, warming.body.prediction])
  assert.equal(body.inputs.find(({ id }: { id: string }) => id === 'rsi(14)@1m').source, 'fallback')

  const unknown = { ...ask, symbol: 'BTC/USDT', timestamp: new Date(from).toISOString() }
  const declared = await client.post('/predict', unknown)
  assert.deepEqual(
    [declared.body.prediction, declared.body.fallback.step, declared.body.fallback.reasons],
    [{ signal: 'HOLD', confidence: 0.5 }, 3, ['missing']],
  )
  const batch = await client.post('/predict/batch', { requests: [{ symbol: 'ETH/USDT' }, { symbol: 'BTC/USDT' }], model: 'momentum', model_version: '1.2.3' })
  assert.deepEqual(
    batch.body.predictions.map((item: { fallback?: { step: number } }) => item.fallback?.step),
    [2, 3],
  )
  const metrics = await client.get('/metrics')
  assert.match(metrics.body, /presage_prediction_fallbacks_total\{model="momentum",reason="warming",answered_by="values"\} 2/)
})

test('a version that cannot be loaded is answered by the one that its manifest names, also in a batch', async (t) => {
  const models = modelsFolder(t)
  appendFileSync(join(models, 'momentum', '1.2.3', 'model.txt'), '\n')
  const { client } = await startServer(t, { 'models.dir': models })
  const item = { symbol: 'BTC/USDT', features: { price: 45_000, volume: 10, rsi: 60 } }
  const ask = { ...item, model: 'momentum', model_version: '1.2.3' }
  const { status, body } = await client.post('/predict', ask)
  assert.deepEqual([status, body.model_info.version, body.reason, body.fallback.step], [200, 'v1.2.2', 'model_unavailable', 1])
  assert.match(body.fallback.failed[0].detail, /momentum 1\.2\.3 cannot be served: model\.txt has SHA-256/)
  const batch = await client.post('/predict/batch', { requests: [item], model: 'momentum', model_version: '1.2.3' })
  assert.deepEqual([batch.body.model_info.version, batch.body.predictions[0].fallback.model.version], ['v1.2.3', '1.2.2'])
})
