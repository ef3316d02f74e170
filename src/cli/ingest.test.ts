import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Command } from 'commander'
import type { IngestBarsRequest } from '../contracts/market.ts'
import { noMeter } from '../contracts/meter.ts'
import { walkBars } from '../market/bar-walk.ts'
import { SeriesStore } from '../market/series-store.ts'
import { registerIngest } from './ingest.ts'

const folder = mkdtempSync(join(tmpdir(), 'ingest-'))
after(() => rmSync(folder, { recursive: true }))
const start = Date.UTC(2024, 0, 1)
const file = join(folder, 'bars.json')
writeFileSync(file, JSON.stringify(walkBars({ seed: 1, count: 4_500, from: start, barMs: 60_000 })))

async function bodyOf(request: IncomingMessage): Promise<IngestBarsRequest> {
  const pieces = (await Array.fromAsync(request)) as Buffer[]
  return JSON.parse(Buffer.concat(pieces).toString()) as IngestBarsRequest
}

/** A server that keeps bars in a real store; `refuse` answers some requests itself. */
async function makeServer(refuse: (count: number, request: IncomingMessage) => { status: number; body: object; headers?: Record<string, string> } | undefined) {
  const store = new SeriesStore({ clock: { now: () => start + 30 * 86_400_000, monotonic: () => 0 }, meter: noMeter })
  const sizes: number[] = []
  let count = 0
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { symbol, timeframe, bars, clock = 'live' } = await bodyOf(request)
    const refused = refuse(++count, request)
    if (refused) return void response.writeHead(refused.status, refused.headers).end(JSON.stringify(refused.body))
    sizes.push(bars.length)
    const inputs = bars.map(([openTime, open, high, low, close, volume]) => ({ openTime, open, high, low, close, volume }))
    const { quarantined, ...report } = store.ingest({ symbol, timeframe }, inputs, { clock })
    response.end(JSON.stringify({ ...report, quarantined: quarantined.map(({ openTime, reason }) => ({ open_time_ms: openTime, reason })) }))
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, store, sizes, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}

const run = (url: string, ...words: string[]): Promise<void> => send(file, url, ...words)
async function send(path: string, url: string, ...words: string[]): Promise<void> {
  const program = new Command('presage').exitOverride()
  registerIngest(program)
  await program.parseAsync(['ingest', 'bars', path, '--symbol', 'BTC/USDT', '--timeframe', '1m', '--url', url, ...words], { from: 'user' })
}

test('sends the bars of a file in pieces, with the key, and all of them arrive', async () => {
  const keys: unknown[] = []
  await using server = await makeServer((_, request) => void keys.push(request.headers.authorization))
  writeFileSync(join(folder, 'admin.key'), 'psk_test\n')
  await run(server.url, '--key-file', join(folder, 'admin.key'), '--clock', 'replay')
  assert.deepEqual(server.sizes, [2_000, 2_000, 500])
  assert.deepEqual(new Set(keys), new Set(['Bearer psk_test']))
  assert.equal(server.store.bars({ symbol: 'BTC/USDT', timeframe: '1m' }).length, 4_500)
  assert.equal(server.store.describe()[0]?.clock, 'replay')
})

test('waits and goes on while the server is overloaded', async () => {
  await using server = await makeServer((count) =>
    count === 2 ? { status: 503, body: { code: 'overloaded' }, headers: { 'retry-after': '0.01' } } : undefined,
  )
  await run(server.url, '--key', 'k')
  assert.equal(server.store.bars({ symbol: 'BTC/USDT', timeframe: '1m' }).length, 4_500)
})

test('ends with the words of a server that refuses, and with its own where there is none', async () => {
  await using server = await makeServer(() => ({ status: 409, body: { code: 'series_conflict', detail: 'The series exists with other settings' } }))
  await assert.rejects(run(server.url, '--key', 'k'), { message: /409 series_conflict The series exists with other settings/ })
  await assert.rejects(run('http://127.0.0.1:1', '--key', 'k'), { message: /does not answer: is the server running/ })
  await assert.rejects(run(server.url, '--key-file', join(folder, 'absent')), { code: 'auth_missing', message: /Start the server once/ })
})

test('a file of bars of another timeframe is refused before anything is sent', async () => {
  await using server = await makeServer(() => undefined)
  await assert.rejects(run(server.url, '--key', 'k', '--timeframe', '5m'), {
    message: /bars\.json: its bars follow each other as 1m bars do, not as 5m bars: say --timeframe 1m/,
  })
  assert.deepEqual(server.sizes, [])
})

test('a file of which nothing is taken is an error, also one without bars', async () => {
  await using server = await makeServer(() => undefined)
  const path = join(folder, 'other.csv')
  writeFileSync(path, 'open_time,open,high,low,close,volume\n')
  await assert.rejects(send(path, server.url, '--key', 'k'), { code: 'validation_failed', message: /other\.csv has no bars/ })
  writeFileSync(path, `${start},1,2,3,1,1\n${start + 60_000},0,0,0,0,0\n`)
  await assert.rejects(send(path, server.url, '--key', 'k'), { code: 'validation_failed', message: /other\.csv: none of its 2 bars was taken/ })
  writeFileSync(path, `${start},1,2,3,1,1\n${start + 60_000},1,1,1,1,0\n`)
  await send(path, server.url, '--key', 'k')
  await send(path, server.url, '--key', 'k')
})

test('a timeframe that is none is told with those that are', async (t) => {
  t.mock.method(process.stderr, 'write', () => true)
  await assert.rejects(run('http://127.0.0.1:1', '--key', 'k', '--timeframe', '7m'), {
    message: /--timeframe <timeframe>' argument '7m' is invalid\. One of 1s, 5s, /,
  })
})
