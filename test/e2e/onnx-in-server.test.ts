import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { walkBars } from '../../src/market/bar-walk.ts'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { makeIds, systemClock } from '../../src/system.ts'
import { exampleModels, startServer } from './support/start-server.ts'

const name = 'lstm_momentum_v1'
const symbol = 'BTC/USDT'
const minute = 60_000
const count = 500
const from = Math.floor(Date.now() / minute) * minute - count * minute
const bars = walkBars({ seed: 21, count, from, barMs: minute }).map(({ openTime, open, high, low, close, volume }) => [
  openTime,
  open,
  high,
  low,
  close,
  volume,
])

async function ask(t: TestContext, settings: Readonly<Record<string, string>>) {
  const { client } = await startServer(t, { 'models.eager': name, defaultModel: name, ...settings })
  await client.post('/market/bars', { symbol, timeframe: '1m', bars })
  const { status, body } = await client.post('/predict', { symbol, model: name, timestamp: new Date(from + count * minute).toISOString() })
  assert.equal(status, 200, JSON.stringify(body))
  return { prediction: body.prediction, engine: (await client.get(`/models/${name}`)).body.engine }
}

test('a model in models.onnxInServer answers from the server itself what it answers from a process', async (t) => {
  const inProcess = await ask(t, {})
  const inServer = await ask(t, { 'models.onnxInServer': name })
  assert.deepEqual(inServer.prediction, inProcess.prediction)
  assert.match(inProcess.engine, /\(cpu\)$/)
  assert.match(inServer.engine, /\(cpu, in the server\)$/)
})

test('a name in models.onnxInServer that is no model is warned of at the start', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-e2e-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const flags = { 'gateway.port': '0', 'data.dir': folder, 'models.dir': exampleModels, 'models.onnxInServer': 'lstm_momentum_v2' }
  const warnings: string[] = []
  const log = { info() {}, warn: (_: object, message: string) => void warnings.push(message), error() {} }
  const around = { clock: systemClock, random: Math.random, ids: makeIds(systemClock), log, version: '0.0.0-test' }
  const presage = await compose(loadConfig({ env: {}, flags }), around)
  await presage.start()
  await presage.stop()
  assert.match(warnings.join('\n'), /models\.onnxInServer names lstm_momentum_v2.*did you mean lstm_momentum_v1/)
})
