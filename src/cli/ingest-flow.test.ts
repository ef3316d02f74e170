import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Command } from 'commander'
import type { Book, Funding, Trade } from '../contracts/flow.ts'
import { createServer } from '../gateway/server.ts'
import { makeGatewayDeps, makeKeys } from '../gateway/testing/make-gateway.ts'
import { registerIngest } from './ingest.ts'

const folder = mkdtempSync(join(tmpdir(), 'ingest-flow-'))
after(() => rmSync(folder, { recursive: true }))
const start = Date.UTC(2024, 0, 1)
const { ring, texts } = makeKeys()
const nothing = { accepted: 0, unchanged: 0, late: 0, quarantined: 0, refused: [] }
const report = (rows: readonly unknown[]) => ({ ...nothing, accepted: rows.length })

async function ingest(
  t: TestContext,
  kind: string,
  file: string | Buffer,
): Promise<{ readonly trades: Trade[]; readonly books: Book[]; readonly funding: Funding[] }> {
  const seen = { trades: [] as Trade[], books: [] as Book[], funding: [] as Funding[] }
  const flow = {
    trades: (_symbol: string, trades: readonly Trade[]) => (seen.trades.push(...trades), report(trades)),
    books: (_symbol: string, books: readonly Book[]) => (seen.books.push(...books), report(books)),
    funding: (_symbol: string, rates: readonly Funding[]) => (seen.funding.push(...rates), report(rates)),
  }
  const server = await createServer(makeGatewayDeps({ keys: ring, flow }))
  t.after(() => server.drain())
  const url = await server.listen()
  const path = join(folder, `${kind}-${t.name.length}`)
  writeFileSync(path, file)
  const program = new Command().exitOverride()
  registerIngest(program)
  await program.parseAsync(['ingest', kind, path, '--symbol', 'BTC/USDT', '--url', url, '--key', texts[0] as string], { from: 'user' })
  return seen
}

test('trades of an exchange dump are sent with the side of the taker, from a .gz too', async (t) => {
  const csv = `id,price,qty,quote_qty,time,is_buyer_maker\n7,100.5,0.25,25,${start},true\n8,101,1,101,${start + 1},false\n`
  assert.deepEqual((await ingest(t, 'ticks', gzipSync(csv))).trades, [
    { time: start, price: 100.5, size: 0.25, side: 'sell', id: '7' },
    { time: start + 1, price: 101, size: 1, side: 'buy', id: '8' },
  ])
})

test('trades in the order of POST /market/ticks need no header, with or without side and id', async (t) => {
  const trades = [
    { time: start, price: 1, size: 2, side: 'buy', id: 'a' },
    { time: start, price: 1, size: 3 },
  ]
  assert.deepEqual((await ingest(t, 'ticks', `${start},1,2,buy,a\n${start},1,3\n`)).trades, trades)
  assert.deepEqual((await ingest(t, 'ticks', `[${start},1,2,"buy","a"]\n[${start},1,3,null]\n`)).trades, trades)
})

test('funding rates of an exchange dump are sent with the time of their payment, where the dump or the line says it', async (t) => {
  const hour = 3_600_000
  const dump = `calc_time,funding_interval_hours,last_funding_rate\n${start},4,0.0001\n${start + 4 * hour},4,-0.00002\n`
  assert.deepEqual((await ingest(t, 'funding', dump)).funding, [
    { time: start, rate: 0.0001, nextTime: start + 4 * hour },
    { time: start + 4 * hour, rate: -0.00002, nextTime: start + 8 * hour },
  ])
  const lines = `[${start + 1},0.0001,${start + 2}]\n[${start + 3},0.0002]\n`
  assert.deepEqual((await ingest(t, 'funding', lines)).funding, [
    { time: start + 1, rate: 0.0001, nextTime: start + 2 },
    { time: start + 3, rate: 0.0002, nextTime: start + 8 * hour },
  ])
  await assert.rejects(ingest(t, 'funding', `${start},x\n`), /line 1: not a funding rate: /)
})

test('order books are sent as they stand', async (t) => {
  const rows = Array.from({ length: 450 }, (_, i) => [start + i, [[99, 1]], [[101, 2]]])
  const { books } = await ingest(t, 'books', rows.map((row) => JSON.stringify(row)).join('\n'))
  assert.deepEqual([books.length, books[449]], [450, { time: start + 449, bids: [[99, 1]], asks: [[101, 2]] }])
})

test('a row that cannot be read is an error with its line', async (t) => {
  await assert.rejects(ingest(t, 'ticks', `${start},1,2\nx,1,2\n`), /line 2: not a trade: x,1,2/)
  await assert.rejects(ingest(t, 'ticks', 'a,b,c\n'), /line 1: no column for time, price, size/)
  await assert.rejects(ingest(t, 'books', '[1,'), /line 1: /)
})

test('a side that is no side, and cells beyond the columns, are errors rather than a sale', async (t) => {
  const header = 'time,price,size,side'
  for (const side of ['N/A', 'true', '0', 'constructor'])
    await assert.rejects(ingest(t, 'ticks', `${header}\n${start},1,2,${side}\n`), /line 2: ".*" is no side: write one of buy, b, bid, sell, s, ask, a/)
  await assert.rejects(ingest(t, 'ticks', `time,price,size,m\n${start},1,2,maybe\n`), /line 2: "maybe" is no side: write one of 0, 1, true, false/)
  await assert.rejects(ingest(t, 'ticks', `${header}\n${start},51,000,2,buy\n`), /line 2: has 5 cells where there are 4 columns/)
  await assert.rejects(ingest(t, 'ticks', `26129,0.01633102,4.70443515,27781,${start},true\n`), /line 1: has 6 cells where there are 5 columns/)
  const said = ['Sell', 'A', 'Bid', 'none', ''].map((side, i) => `${start + i},1,2,${side}`)
  assert.deepEqual(
    (await ingest(t, 'ticks', `${header}\n${said.join('\n')}\n`)).trades.map(({ side }) => side),
    ['sell', 'sell', 'buy', undefined, undefined],
  )
})

test('a time of payment that is none, and what is no order book, are errors with their line', async (t) => {
  await assert.rejects(ingest(t, 'funding', `${start},0.0001,soon\n`), /line 1: not a funding rate: /)
  for (const row of ['{"time":1}', '[1,[]]', '["1",[],[]]', 'null'])
    await assert.rejects(ingest(t, 'books', row), /line 1: not an order book \[time_ms, \[\[price, size\], …\]/)
})

test('a file without a row is an error', async (t) => {
  await assert.rejects(ingest(t, 'ticks', ''), { code: 'validation_failed', message: /has no ticks/ })
  await assert.rejects(ingest(t, 'funding', 'time,rate\n'), { code: 'validation_failed', message: /has no rates/ })
})
