import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { walkBars } from '../../src/market/bar-walk.ts'
import { pathOf } from '../support/pages.ts'
import { startServer } from './support/start-server.ts'

const example = pathOf('examples/features')

test('a set with features of a module is proven at the start and served like any other', async (t) => {
  const { client } = await startServer(t, { 'features.dir': example, 'features.modulePaths': example, 'models.eager': '' })
  const from = Date.UTC(2024, 0, 1)
  const bars = walkBars({ seed: 8, count: 300, from, barMs: 60_000 }).map(({ openTime, open, high, low, close, volume }) => [
    openTime,
    open,
    high,
    low,
    close,
    volume,
  ])
  assert.equal((await client.post('/market/bars', { symbol: 'BTC/USDT', timeframe: '1m', clock: 'replay', bars })).status, 200)
  const { body } = await client.get('/features/BTC%2FUSDT?set=trending')
  const [straight, z, trending, slow] = body.features
  assert.deepEqual([straight.id, straight.status, z.status, trending.value, slow.status], ['efficiency(30)@1m', 'ok', 'ok', 0, 'warming'])
  const closes = bars.slice(-31).map((bar) => bar[4] as number)
  const way = closes.slice(1).reduce((sum, close, i) => sum + Math.abs(close - (closes[i] as number)), 0)
  assert.ok(Math.abs(straight.value - Math.abs((closes[30] as number) - (closes[0] as number)) / way) < 1e-12)
  const { catalogue, sets } = (await client.get('/features')).body
  assert.equal(catalogue.at(-1).name, 'efficiency')
  assert.deepEqual(sets.find(({ name }: { name: string }) => name === 'trending').certificates[0].proven, ['determinism', 'look-ahead', 'inputs', 'warm-up'])
})

test('a server whose module is wrong does not start, and says why', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'feature-module-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'mine.ts'), 'export const mine = { name: "rsi" }')
  await assert.rejects(startServer(t, { 'features.modulePaths': folder }), {
    code: 'validation_failed',
    message: /mine\.ts: mine: parameters must be a list of/,
  })
})
