import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createServer } from '../server.ts'
import { makeGatewayDeps, makeKeys } from '../testing/make-gateway.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const symbol = 'BTC/USDT'
const { ring, texts } = makeKeys()

async function open(t: TestContext) {
  const deps = makeGatewayDeps({ keys: ring })
  const server = await createServer(deps)
  t.after(() => server.drain())
  const url = await server.listen()
  const post = async (path: string, body: object) => {
    const headers = { 'x-api-key': texts[0] as string, 'content-type': 'application/json' }
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const flow = () => deps.market.bars({ symbol, timeframe: '1m' }, {})[0]?.flow
  return { post, flow }
}

test('trades, books and what takers bought come in by HTTP and stand in the bar', async (t) => {
  const { post, flow } = await open(t)
  const ticks = [
    [start + 1, 100, 2, 'buy', 'a'],
    [start + 2, 100, 1, 'sell', 7],
    [start + 2, 100, 1, 'sell', 7],
    [start + 3, 100.5, 1, null, 8],
    [start + 4, 100, 1],
    [start + 5, -1, 1],
  ]
  assert.deepEqual((await post('/market/ticks', { symbol, ticks })).body, {
    accepted: 4,
    unchanged: 1,
    late: 0,
    quarantined: 1,
    refused: [{ index: 5, reason: 'price is not a positive number' }],
  })
  const books = [
    [start + 10, [[99, 1]], [[101, 2]]],
    [start + 20, [[101, 1]], [[101, 2]]],
  ]
  assert.equal((await post('/market/books', { symbol, books })).body['quarantined'], 1)
  const bars = [[start, 100, 101, 100, 100, 5, 3]]
  assert.equal((await post('/market/bars', { symbol, timeframe: '1m', bars })).body['accepted'], 1)
  const { buyVolume, sellVolume, takerBuyVolume, bid, lastBookTime } = flow() ?? {}
  assert.deepEqual([buyVolume, sellVolume, takerBuyVolume, bid, lastBookTime], [3, 2, 3, 99, start + 10])
})

test('funding rates come in by HTTP, with the time of their payment or without, and stand in the bars that close after them', async (t) => {
  const { post, flow } = await open(t)
  const rates = [
    [start - 1, 0.0001],
    [start + 5, 0.0002, start + 60 * minute],
    [start + 5, 0.0003, start + 60 * minute],
  ]
  const { body } = await post('/market/funding', { symbol, rates })
  assert.deepEqual([body['accepted'], body['quarantined'], (body['refused'] as unknown[]).length], [2, 1, 1])
  await post('/market/bars', { symbol, timeframe: '1m', bars: [[start, 100, 101, 100, 100, 5]] })
  assert.deepEqual([flow()?.fundingRate, flow()?.nextFundingTime], [0.0002, start + 60 * minute])
  assert.equal((await post('/market/funding', { symbol, rates: [[start, '1']] })).status, 400)
})

test('rows of another shape are refused with their place', async (t) => {
  const { post } = await open(t)
  const refused = async (path: string, body: object): Promise<unknown> => {
    const { status, body: problem } = await post(path, body)
    assert.equal(status, 400)
    return (problem['errors'] as readonly { readonly pointer: string }[])[0]?.pointer
  }
  assert.equal(await refused('/market/ticks', { symbol, ticks: [[start, 1, 1, 'up']] }), '/ticks/0/3')
  assert.equal(await refused('/market/ticks', { symbol, ticks: [[start, 1]] }), '/ticks/0')
  assert.equal(await refused('/market/ticks', { symbol, ticks: [] }), '/ticks')
  assert.equal(await refused('/market/books', { symbol, books: [[start, [[1]], []]] }), '/books/0/1/0')
  assert.equal(await refused('/market/bars', { symbol, timeframe: '1m', bars: [[start, 1, 1, 1, 1, 1, 'x']] }), '/bars/0/6')
  assert.equal(await refused('/market/bars', { symbol, timeframe: '1m', bars: [[start + minute, 1, 1, 1, 1]] }), '/bars/0')
})
