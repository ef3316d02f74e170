import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { walkBars } from '../../src/market/bar-walk.ts'
import { Client } from '../e2e/support/client.ts'
import { pathOf } from '../support/pages.ts'

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

/** A folder with a declared set, and what a server on it is started with; fewer bars are kept than will come, so that the oldest are dropped. */
function makeFolder(t: TestContext): { readonly folder: string; readonly flags: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'presage-kill-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const inner of ['features', 'models']) mkdirSync(join(folder, inner))
  writeFileSync(join(folder, 'features', 'probe.yaml'), `timeframe: 1m\nfeatures: [${features}]\n`)
  const settings = {
    'gateway.port': 0,
    'data.dir': join(folder, 'var'),
    'models.dir': join(folder, 'models'),
    'features.dir': join(folder, 'features'),
    'market.keepBars': 1_100,
  }
  return { folder, flags: Object.entries(settings).map(([path, value]) => `--set=${path}=${value}`) }
}

/** The server as operators start it, once it listens. */
async function startProcess(
  t: TestContext,
  { folder, flags }: ReturnType<typeof makeFolder>,
): Promise<{ readonly process: ChildProcess; readonly client: Client }> {
  const server = spawn(process.execPath, [pathOf('bin/presage.js'), 'serve', ...flags], { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder })
  t.after(() => server.kill('SIGKILL'))
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (url === undefined) continue
    server.stdout.resume()
    return { process: server, client: new Client(url, readFileSync(join(folder, 'var', 'admin.key'), 'utf8').trim()) }
  }
  throw new Error('the server ended before it listened')
}

const send = (client: Client, from: number) =>
  client.post('/market/bars', { symbol: 'BTC/USDT', timeframe: '1m', clock: 'replay', bars: bars.slice(from, from + perCall) })
const read = async (client: Client, closed: number) => {
  const { body } = await client.get(`/features/BTC%2FUSDT?set=probe&as_of=${new Date(start + closed * minute).toISOString()}`)
  return { complete: body.complete, values: body.features.map(({ value, status, event_time }: Record<string, unknown>) => [value, status, event_time]) }
}

test('a server that is killed in the middle of an ingest goes on without a warm-up and without a gap, with the bits of one that never ended', async (t) => {
  const [shaken, steady] = [makeFolder(t), makeFolder(t)]
  const { client: calm } = await startProcess(t, steady)
  for (let from = 0; from < count; from += perCall) assert.equal((await send(calm, from)).status, 200)

  let { process: server, client } = await startProcess(t, shaken)
  const kills = [600, 1_500, 2_220]
  for (let from = 0; from < count; from += perCall) {
    if (kills.includes(from)) {
      const calls = Array.from({ length: 6 }, (_, i) => send(client, from + i * perCall).catch(() => undefined))
      assert.equal((await calls[0])?.status, 200)
      server.kill('SIGKILL')
      await Promise.all([once(server, 'exit'), ...calls])
      ;({ process: server, client } = await startProcess(t, shaken))
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
