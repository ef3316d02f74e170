import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServer } from './support/start-server.ts'

const symbol = 'BTC/USDT'

test('health is degraded, naming what is not kept, from the first trade that the disk refuses to the next that is kept; the server stays ready', async (t) => {
  const time = { ahead: 0 }
  const clock = { now: () => Date.now() + time.ahead, monotonic: () => performance.now() + time.ahead }
  const { client, folder } = await startServer(t, { 'market.persist': 'true', 'history.ticksMb': '1', routes: '[]', 'models.eager': '' }, clock)
  const send = async (): Promise<void> => {
    const { status, body } = await client.post('/market/ticks', { symbol, ticks: [[clock.now() - 10, 100, 1, 'buy']] })
    assert.deepEqual([status, body.accepted], [200, 1], JSON.stringify(body))
  }
  const history = async () => {
    // A report is kept for a second.
    time.ahead += 1_001
    const { status, body } = await client.get('/health')
    return [status, body.status, body.checks.history, (await client.get('/readyz')).status]
  }
  const healthy = [200, 'healthy', { status: 'healthy', detail: 'vectors of predictions, trades' }, 200]
  const incoming = join(folder, 'var', 'history', 'incoming')
  assert.deepEqual(await history(), healthy)
  mkdirSync(join(incoming, '..'), { recursive: true })
  writeFileSync(incoming, 'in the way')
  await send()
  const degraded = [200, 'degraded', { status: 'degraded', detail: 'trades are not kept: the disk refuses them' }, 200]
  assert.deepEqual(await history(), degraded)
  rmSync(incoming)
  time.ahead += 30_000
  await send()
  assert.deepEqual(await history(), degraded)
  time.ahead += 30_000
  await send()
  assert.deepEqual(await history(), healthy)
})
