import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createServer, type GatewayServer } from '../../src/gateway/server.ts'
import { makeGatewayDeps, makeKeys, TestLog } from '../../src/gateway/testing/make-gateway.ts'
import { badInputs, type BadInput } from './support/bad-inputs.ts'
import { assertProblem } from './support/problem.ts'

const { ring, texts } = makeKeys([])
const [able, powerless] = texts as readonly [string, string]
const log = new TestLog()
let server: GatewayServer
let url: string
before(async () => {
  server = await createServer(makeGatewayDeps({ keys: ring, log }))
  url = await server.listen()
})
after(() => server.drain())

function headersOf({ key, headers, body }: BadInput): Record<string, string> {
  const keyHeader: Record<string, string> = key === 'none' ? {} : { 'x-api-key': key === 'powerless' ? powerless : able }
  return { ...keyHeader, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }
}

for (const row of badInputs) {
  test(`${row.name} is ${row.code}`, async () => {
    const { method = 'GET', path, body } = row
    const response = await fetch(url + path, { method, headers: headersOf(row), ...(body === undefined ? {} : { body: Buffer.from(body) }) })
    const problem = assertProblem({
      status: response.status,
      type: response.headers.get('content-type'),
      requestId: response.headers.get('x-request-id'),
      text: await response.text(),
    })
    assert.equal(problem.code, row.code, problem.detail)
    if (row.pointer !== undefined) assert.equal(problem.errors?.[0]?.pointer, row.pointer)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    if (response.status === 401) assert.equal(response.headers.get('www-authenticate'), 'Bearer')
    if (response.status === 405) assert.match(response.headers.get('allow') ?? '', /[A-Z]+, OPTIONS$/)
  })
}

test('the table covers every path of the API, and none of it was logged as unexpected', () => {
  assert.ok(badInputs.length >= 120, `${badInputs.length} rows`)
  assert.deepEqual(
    log.lines.filter(({ level }) => level === 'error'),
    [],
  )
})

test('every problem of a body is listed, not only the first', async () => {
  const features = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, 'x']))
  const body = JSON.stringify({ symbol: 'btc', features, surplus: 1, include: ['nope'] })
  const response = await fetch(`${url}/predict`, { method: 'POST', headers: { 'x-api-key': able, 'content-type': 'application/json' }, body })
  const { errors } = (await response.json()) as { errors: { pointer: string }[] }
  assert.equal(errors.length, 63)
  assert.equal(new Set(errors.map(({ pointer }) => pointer)).size, 63)
})

test('a bad item of a batch gets its own error and the others their answers, in order', async () => {
  const requests = [
    { symbol: 'BTC/USDT' },
    { symbol: 'eth/usdt' },
    { symbol: 'ETH/USDT' },
    { symbol: 'A/B', extra: 1 },
    { symbol: 'A/B', timestamp: 'x' },
    { symbol: 'SOL/USDT' },
  ]
  const response = await fetch(`${url}/predict/batch`, {
    method: 'POST',
    headers: { 'x-api-key': able, 'content-type': 'application/json' },
    body: JSON.stringify({ requests }),
  })
  const { predictions } = (await response.json()) as { predictions: { symbol: string; error?: { code: string } }[] }
  assert.equal(response.status, 200)
  assert.deepEqual(
    predictions.map(({ symbol, error }) => [symbol, error?.code]),
    [
      ['BTC/USDT', undefined],
      ['eth/usdt', 'invalid_symbol'],
      ['ETH/USDT', undefined],
      ['A/B', 'unknown_field'],
      ['A/B', 'invalid_timestamp'],
      ['SOL/USDT', undefined],
    ],
  )
})

test('an item of a batch whose numbers would not survive gets its own error', async () => {
  const bad = [
    '{"symbol":"A/B","features":{"x":1e309}}',
    '{"symbol":"A/B","features":{"x":1e-400}}',
    '{"symbol":"A/B","features":{"x":9007199254740993,"__proto__":1}}',
  ]
  const ask = async (items: readonly string[]) => {
    const response = await fetch(`${url}/predict/batch`, {
      method: 'POST',
      headers: { 'x-api-key': able, 'content-type': 'application/json' },
      body: `{"requests":[${items.join(',')}]}`,
    })
    return {
      status: response.status,
      body: (await response.json()) as { predictions: { symbol: string; error?: { code: string; message: string } }[]; errors: unknown[] },
    }
  }
  const { status, body } = await ask(['{"symbol":"BTC/USDT"}', ...bad, '{"symbol":"SOL/USDT"}'])
  assert.equal(status, 200)
  assert.deepEqual(
    body.predictions.map(({ symbol, error }) => [symbol, error?.code, error?.message]),
    [
      ['BTC/USDT', undefined, undefined],
      ['A/B', 'non_finite_feature', '/features/x must be a finite number (float64)'],
      ['A/B', 'validation_failed', '/features/x must be 0, or a number that float64 does not take for 0'],
      ['A/B', 'validation_failed', '/features/x must be an integer that float64 holds exactly; /features/__proto__ is not a field'],
      ['SOL/USDT', undefined, undefined],
    ],
  )
  const none = await ask(bad)
  assert.deepEqual([none.status, none.body.errors.length], [400, 4])
  const noSymbol = await ask(['{"symbol":"BTC/USDT"}', '{"features":{"x":1e309}}'])
  assert.equal(noSymbol.status, 400)
})

test('HEAD answers like GET without a body; OPTIONS names the methods without a key', async () => {
  const head = await fetch(`${url}/health`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.ok(Number(head.headers.get('content-length')) > 0)
  const options = await fetch(`${url}/models/x/versions`, { method: 'OPTIONS' })
  assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS'])
  assert.equal((await fetch(`${url}/nothing`, { method: 'OPTIONS' })).status, 404)
  assert.equal((await fetch(`${url}/models`, { method: 'HEAD' })).status, 401)
})
