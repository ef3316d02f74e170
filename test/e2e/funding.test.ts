import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServer } from './support/start-server.ts'

const [minute, hour] = [60_000, 3_600_000]
const start = Date.UTC(2024, 0, 1)
const symbol = 'BTC/USDT:USDT'
const bar = (nth: number, close: number) => [start + nth * minute, close, close, close, close, 1]

test('a perpetual has the funding rate that was known and its basis over the spot, and after a restart without a new rate as well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-funding-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'perpetual.yaml'), 'timeframe: 1m\nfeatures: [funding, time_to_funding, basis(BTC/USDT), quote_spread_bps(BTC/USDT)]\n')
  const settings = { 'features.dir': folder, 'data.dir': join(folder, 'var'), 'market.persist': 'true', 'models.eager': '' }
  const market = async ({ client }: Awaited<ReturnType<typeof startServer>>, nth: number) => {
    for (const [of, close] of [[symbol, 101] as const, ['BTC/USDT', 100] as const])
      assert.equal((await client.post('/market/bars', { symbol: of, timeframe: '1m', clock: 'replay', bars: [bar(nth, close)] })).body.accepted, 1)
    const { body } = await client.get(`/features/${encodeURIComponent(symbol)}?set=perpetual`)
    return body.features.map(({ value, status }: { value: number; status: string }) => (status === 'ok' ? value : status))
  }
  await t.test('the server that saw the rate', async (t) => {
    const server = await startServer(t, settings)
    assert.deepEqual((await market(server, 0)).slice(0, 2), ['missing', 'missing'])
    await server.client.post('/market/funding', { symbol, rates: [[start + minute + 5, 0.0001, start + 4 * hour]] })
    assert.deepEqual(await market(server, 1), [0.0001, 238, 0.01, 1e4 * Math.log1p(0.01)])
  })
  await t.test('the one after it', async (t) => {
    assert.deepEqual((await market(await startServer(t, settings), 2)).slice(0, 2), [0.0001, 237])
  })
})
