import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { Call } from '../contracts/call.ts'
import { type ErrorCode, errorTable, ServingError } from '../contracts/error.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import { PrometheusMeter } from '../monitoring/prometheus-meter.ts'
import { Readiness } from '../monitoring/readiness.ts'
import { requireFree } from './listen-at.ts'
import { createServer, type GatewayServer } from './server.ts'
import { eventually } from '../../test/support/eventually.ts'
import { RawConnection } from '../../test/e2e/support/raw-connection.ts'
import { answerFor, makeGatewayDeps, makeKeys, TestLog } from './testing/make-gateway.ts'

const { ring, texts } = makeKeys(['predict'])
const [admin, trader] = texts as readonly [string, string]
const predictBody = '{"symbol":"BTC/USDT"}'

async function start(
  t: TestContext,
  overrides: Partial<GatewayDeps> = {},
  config: Partial<GatewayDeps['config']> = {},
): Promise<{ server: GatewayServer; url: string }> {
  const deps = makeGatewayDeps({ keys: ring, ...overrides })
  const server = await createServer({ ...deps, config: { ...deps.config, ...config } })
  t.after(() => server.drain())
  return { server, url: await server.listen() }
}

const predict = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/predict`, { method: 'POST', headers: { 'x-api-key': admin, 'content-type': 'application/json', ...headers }, body: predictBody })

const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code

const predictions = (answer: (call: Call) => unknown): GatewayDeps['predictions'] => ({
  predict: (_request, call) => answer(call) as ReturnType<GatewayDeps['predictions']['predict']>,
  predictBatch: () => Promise.reject(new Error('not asked')),
})

/** A prediction that waits until the test lets it go, and says what became of its call. */
function held(): {
  readonly deps: GatewayDeps['predictions']
  readonly begun: Promise<Call>
  readonly release: () => void
  readonly fail: (error: Error) => void
} {
  const begun = Promise.withResolvers<Call>()
  const done = Promise.withResolvers<unknown>()
  const deps = predictions((call) => {
    begun.resolve(call)
    return done.promise
  })
  return { deps, begun: begun.promise, release: () => done.resolve(answerFor({ symbol: 'BTC/USDT' })), fail: done.reject }
}

test('the call says which key asks, under which id, and until when', async (t) => {
  let seen: Call | undefined
  const { url } = await start(t, { predictions: predictions((call) => ((seen = call), answerFor({ symbol: 'BTC/USDT' }))) }, { deadlineMs: 700 })
  const response = await predict(url, { 'x-api-key': trader, 'x-request-id': 'order-7:1' })
  assert.deepEqual([response.status, response.headers.get('x-request-id'), seen?.requestId], [200, 'order-7:1', 'order-7:1'])
  assert.equal(seen?.keyId, trader.split('_')[2])
  const budget = (seen?.deadline.at ?? 0) - performance.now()
  assert.ok(budget > 0 && budget <= 700, String(budget))
})

test('a path with a slash at its end is none, and the answer says which is meant; it does not say that the method is wrong', async (t) => {
  const { url } = await start(t)
  const response = await fetch(`${url}/predict/`, { method: 'POST', headers: { 'x-api-key': admin, 'content-type': 'application/json' }, body: predictBody })
  const { code, detail } = (await response.json()) as { code: string; detail: string }
  assert.deepEqual([response.status, code], [404, 'route_not_found'])
  assert.equal(detail, 'There is nothing at this path: leave the slash at its end out; /docs lists what there is')
})

test('a request id that could forge a log line is not echoed', async (t) => {
  const { url } = await start(t)
  for (const id of ['a b', 'x'.repeat(129), '"quoted"', 'é'])
    assert.match((await predict(url, { 'x-request-id': id })).headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
})

test('a key works in either header, with and without the other', async (t) => {
  const { url } = await start(t)
  const statuses = [{ 'x-api-key': admin }, { authorization: `Bearer ${admin}` }, { 'x-api-key': admin, authorization: `bearer ${admin}` }].map(
    async (headers) => (await fetch(`${url}/models`, { headers })).status,
  )
  assert.deepEqual(await Promise.all(statuses), [200, 200, 200])
})

test('health tells the parts to anybody and their details to operators', async (t) => {
  const { url } = await start(t)
  const checks = async (headers: Record<string, string>) => ((await (await fetch(`${url}/health`, { headers })).json()) as { checks: object }).checks
  assert.deepEqual(await checks({}), { api: 'healthy' })
  assert.deepEqual(await checks({ 'x-api-key': trader }), { api: 'healthy' })
  assert.deepEqual(await checks({ 'x-api-key': admin }), { api: { status: 'healthy', detail: 'answers' } })
})

test('an exception is told as internal, without a word of it, and logged with the request id', async (t) => {
  const log = new TestLog()
  for (const answer of [() => Promise.reject(new Error('password at /etc/secret')), () => assert.fail('password at /etc/secret')]) {
    const { url } = await start(t, { log, predictions: predictions(answer) })
    const response = await predict(url, { 'x-request-id': 'abc' })
    const text = await response.text()
    assert.equal(response.status, 500)
    assert.ok(text.includes('"internal"') && !text.includes('secret'))
    const line = log.lines.pop() as { level: string; about: { request_id: string; err: Error } }
    assert.deepEqual([line.level, line.about.request_id, line.about.err.message], ['error', 'abc', 'password at /etc/secret'])
  }
})

test('every code of the table that a service throws arrives with its status, retryable, and when to come back', async (t) => {
  const codes = Object.keys(errorTable) as ErrorCode[]
  let code: ErrorCode = 'internal'
  const { url } = await start(t, { predictions: predictions(() => Promise.reject(new ServingError(code, 'as planned', { retryAfterMs: 2_500 }))) })
  for (code of codes) {
    const response = await predict(url)
    const body = (await response.json()) as Record<string, unknown>
    assert.deepEqual(
      [response.status, body['code'], body['retryable'], body['retry_after_ms']],
      [errorTable[code].status, code, errorTable[code].retryable, 2_500],
    )
    assert.equal(response.headers.get('retry-after'), '3')
    assert.equal((await fetch(url + String(body['type']))).status, 200)
  }
})

test('work that outlasts the deadline is answered in time, and its signal aborts', async (t) => {
  const { deps, begun, release } = held()
  const { url, server } = await start(t, { predictions: deps })
  const response = await predict(url, { 'request-timeout-ms': '60' })
  assert.deepEqual([response.status, await codeOf(response)], [504, 'deadline_exceeded'])
  const call = await begun
  assert.ok(call.deadline.signal.aborted)
  assert.equal(server.inFlight(), 1, 'the work itself still goes on')
  release()
})

/** A gateway with a log and a meter that tests look at. */
async function startWatched(t: TestContext, overrides: Partial<GatewayDeps> = {}, config: Partial<GatewayDeps['config']> = {}) {
  const log = new TestLog()
  const meter = new PrometheusMeter()
  const { url } = await start(t, { log, meter, metrics: meter, ...overrides }, config)
  const counted = async (): Promise<string[]> => (await meter.metricsText()).split('\n').filter((line) => line.startsWith('presage_http_requests_total'))
  return { url, log, counted }
}

const posted = `POST /predict HTTP/1.1\r\nHost: x\r\nX-API-Key: ${admin}\r\nContent-Type: application/json\r\nContent-Length: ${predictBody.length}\r\n\r\n${predictBody}`
const left = 'presage_http_requests_total{route="/predict",status="499"} 1'

/** A watched gateway whose client has left while his work goes on; `release` and `fail` end that. */
async function leftAlone(t: TestContext) {
  const { deps, begun, release, fail } = held()
  const { url, log, counted } = await startWatched(t, { predictions: deps })
  const connection = new RawConnection(Number(new URL(url).port))
  connection.send(posted)
  const { signal } = (await begun).deadline
  connection.reset()
  if (!signal.aborted) await once(signal, 'abort')
  return { url, log, counted, release, fail }
}

test('a client who leaves has the signal abort, is counted once as 499 whatever becomes of the work, and is no fault to log', async (t) => {
  const outcomes = [
    (release: () => void) => release(),
    (_: () => void, fail: (error: Error) => void) => fail(new ServingError('deadline_exceeded', 'given up', { cause: new Error('left') })),
  ]
  for (const settle of outcomes) {
    const { url, log, counted, release, fail } = await leftAlone(t)
    settle(release, fail)
    await fetch(`${url}/livez`)
    assert.deepEqual([(await counted()).filter((line) => line.includes('/predict')), log.lines], [[left], []])
  }
})

test('an exception of work whose client has left is a bug all the same, and logged', async (t) => {
  const { url, log, counted, fail } = await leftAlone(t)
  fail(new TypeError('a bug'))
  await fetch(`${url}/livez`)
  const [line] = log.lines as { readonly level: string; readonly about: { readonly err: Error } }[]
  assert.deepEqual([log.lines.length, line?.level, line?.about.err.message], [1, 'error', 'a bug'])
  assert.ok((await counted()).includes(left))
})

test('a client who leaves in the midst of his lines, or of his body, is counted once and is no fault to log', async (t) => {
  for (const [path, type, body] of [
    ['/market/bars', 'application/x-ndjson', '{"symbol":"BTC/USDT","timeframe":"1m"}\n[1705314600000,1,1,1,1,1]\n'],
    ['/predict', 'application/json', '{"symbol"'],
  ]) {
    const { url, log, counted } = await startWatched(t)
    const connection = new RawConnection(Number(new URL(url).port))
    connection.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${admin}\r\nContent-Type: ${type}\r\nContent-Length: 4000\r\n\r\n${body}`)
    await fetch(`${url}/livez`)
    connection.reset()
    await connection.closed
    await eventually('it is counted', async () => (await counted()).some((line) => line.includes(`"${path}"`)))
    await fetch(`${url}/livez`)
    assert.deepEqual(
      [(await counted()).filter((line) => line.includes(`"${path}"`)), log.lines],
      [[`presage_http_requests_total{route="${path}",status="499"} 1`], []],
    )
  }
})

test('an answer that was given for the deadline is counted once, though the work ends later', async (t) => {
  const { deps, begun, release } = held()
  const { url, counted } = await startWatched(t, { predictions: deps }, { deadlineMs: 30 })
  assert.equal((await predict(url)).status, 504)
  await begun
  release()
  await fetch(`${url}/livez`)
  assert.deepEqual(
    (await counted()).filter((line) => line.includes('/predict')),
    ['presage_http_requests_total{route="/predict",status="504"} 1'],
  )
})

test('an answer that cannot be written as JSON is an internal error, at once or later', async (t) => {
  const odd = { ...answerFor({ symbol: 'BTC/USDT' }), id: 1n }
  for (const answer of [() => odd, () => Promise.resolve(odd)]) {
    const { url, log, counted } = await startWatched(t, { predictions: predictions(answer) })
    const response = await predict(url)
    assert.deepEqual([response.status, await codeOf(response), log.lines.length], [500, 'internal', 1])
    assert.ok((await counted()).includes('presage_http_requests_total{route="/predict",status="500"} 1'))
  }
})

test('more work than the limit is refused as overloaded, with probes still answered, until some of it ends', async (t) => {
  const { deps, begun, release } = held()
  const { url } = await start(t, { predictions: deps }, { maxInFlight: 1 })
  const first = predict(url)
  await begun
  const refused = await predict(url)
  assert.deepEqual([refused.status, await codeOf(refused), refused.headers.get('retry-after')], [503, 'overloaded', '1'])
  assert.equal((await fetch(`${url}/livez`)).status, 200)
  release()
  assert.equal((await first).status, 200)
  assert.equal((await predict(url)).status, 200)
})

test('requests that come in together are refused from the limit on', async (t) => {
  const { deps, begun, release } = held()
  const { url } = await start(t, { predictions: deps }, { maxInFlight: 1 })
  const connection = new RawConnection(Number(new URL(url).port))
  connection.send(posted + posted)
  await begun
  release()
  assert.deepEqual([(await connection.next())?.status, (await connection.next())?.status], [200, 503])
})

test('draining finishes what goes on, accepts nothing new, and ends although connections were kept alive', async (t) => {
  const { deps, begun, release } = held()
  const { url, server } = await start(t, { predictions: deps })
  await (await fetch(`${url}/livez`)).text()
  const running = predict(url)
  await begun
  const drained = server.drain()
  await assert.rejects(fetch(`${url}/livez`, { headers: { connection: 'close' } }))
  release()
  const response = await running
  assert.deepEqual([response.status, response.headers.get('connection')], [200, 'close'])
  assert.equal(await drained, true)
})

test('a lame duck answers everything but keeps no connection', async (t) => {
  const { url, server } = await start(t)
  await server.lameDuck()
  const response = await predict(url)
  assert.deepEqual([response.status, response.headers.get('connection')], [200, 'close'])
})

test('a request whose headers end while draining is refused as draining', async (t) => {
  const { server } = await start(t)
  const connection = new RawConnection((server.app.server.address() as AddressInfo).port)
  const probe = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'
  await connection.send(probe).next()
  connection.send('GET /models HTTP/1.1\r\nHost: x\r\n')
  const other = new RawConnection((server.app.server.address() as AddressInfo).port)
  await other.send(probe).next()
  const drained = server.drain()
  const answer = await connection.send('\r\n').next()
  assert.deepEqual([answer?.status, (JSON.parse(answer?.text ?? '{}') as { code?: string }).code, answer?.headers['connection']], [503, 'draining', 'close'])
  assert.equal(await drained, true)
})

test('what does not end by itself is cut off when the drain timeout is over', async (t) => {
  const { deps, begun } = held()
  const { url, server } = await start(t, { predictions: deps }, { drainTimeoutMs: 80 })
  const running = assert.rejects(predict(url))
  await begun
  assert.equal(await server.drain(), false)
  await running
})

test('while the server starts its probes, its measurements and its models are shown, and all else is told when to come again', async (t) => {
  const readiness = new Readiness()
  readiness.reached('listening')
  const { url } = await start(t, { readiness })
  const asked = async (path: string): Promise<number> => (await fetch(`${url}${path}`, { headers: { 'x-api-key': admin } })).status
  assert.deepEqual(await Promise.all(['/livez', '/readyz', '/startupz', '/metrics', '/models'].map(asked)), [200, 503, 503, 200, 200])
  const early = await predict(url)
  assert.deepEqual([early.status, early.headers.get('retry-after')], [503, '1'])
  const { code, detail } = (await early.json()) as Record<string, string>
  assert.deepEqual([code, detail], ['starting', 'This server is waiting for models; send the request again shortly, or to another one'])
  readiness.reached('models')
  assert.equal((await predict(url)).status, 200)
})

test('requests and their time are counted by route and status', async (t) => {
  const deps = makeGatewayDeps()
  const meter = deps.metrics as unknown as GatewayDeps['meter']
  const { url } = await start(t, { meter, metrics: deps.metrics })
  await predict(url)
  await fetch(`${url}/nowhere-${Math.PI}`)
  await fetch(`${url}/models/a`, { headers: { 'x-api-key': admin } })
  const text = await (await fetch(`${url}/metrics`, { headers: { 'x-api-key': admin } })).text()
  for (const labels of ['route="/predict",status="200"', 'route="none",status="404"', 'route="/models/:name",status="404"'])
    assert.ok(text.includes(`presage_http_requests_total{${labels}} 1`), text)
  assert.match(text, /presage_http_request_seconds_count\{route="\/predict"\} 1/)
})

test('a port that is taken is refused with what to do', async (t) => {
  const { url } = await start(t)
  const { config, ...deps } = makeGatewayDeps({ keys: ring })
  const taken = { ...config, port: Number(new URL(url).port) }
  const second = await createServer({ ...deps, config: taken })
  const refusal = { code: 'validation_failed', message: /:\d+ is taken by another program; .*gateway\.port/ }
  await assert.rejects(second.listen(), refusal)
  await assert.rejects(requireFree(taken), refusal)
  await second.drain()
})

test('a port that is free is still so after it was looked at', async (t) => {
  const { url, server } = await start(t)
  await server.drain()
  const { config } = makeGatewayDeps()
  const port = Number(new URL(url).port)
  await requireFree({ ...config, port })
  assert.equal((await start(t, {}, { port })).url, url)
})
