import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AddressInfo } from 'node:net'
import type { ErrorCode } from '../../src/contracts/error.ts'
import { createServer, type GatewayServer } from '../../src/gateway/server.ts'
import { makeGatewayDeps, makeKeys } from '../../src/gateway/testing/make-gateway.ts'
import { assertProblem } from './support/problem.ts'
import { type RawAnswer, RawConnection } from './support/raw-connection.ts'

const { ring, texts } = makeKeys()
const key = texts[0] as string
const body = '{"symbol":"BTC/USDT"}'
let server: GatewayServer
let port: number
before(async () => {
  const deps = makeGatewayDeps({ keys: ring })
  server = await createServer({ ...deps, config: { ...deps.config, requestTimeoutMs: 300 } })
  await server.listen()
  port = (server.app.server.address() as AddressInfo).port
})
after(() => server.drain())

const head = (...lines: readonly string[]): string =>
  [`POST /predict HTTP/1.1`, 'Host: x', `X-API-Key: ${key}`, 'Content-Type: application/json', ...lines, '', ''].join('\r\n')
const good = head(`Content-Length: ${body.length}`) + body

function assertCode(answer: RawAnswer | undefined, code: ErrorCode): void {
  assert.ok(answer, 'there was no answer')
  const problem = assertProblem({
    status: answer.status,
    type: answer.headers['content-type'] ?? null,
    requestId: answer.headers['x-request-id'] ?? null,
    text: answer.text,
  })
  assert.equal(problem.code, code, problem.detail)
}

/** One connection for each: what is sent, what comes back, and that the connection is closed afterwards. */
const closing: readonly (readonly [string, string, ErrorCode])[] = [
  ['bytes that are no HTTP', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 'malformed_http'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'malformed_http'],
  ['a method that does not exist', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 'malformed_http'],
  ['a version that does not exist', 'GET /livez HTTP/9.9\r\nHost: x\r\n\r\n', 'malformed_http'],
  ['a space before the colon', 'GET /livez HTTP/1.1\r\nHost : x\r\n\r\n', 'malformed_http'],
  ['a folded header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 'malformed_http'],
  ['bare line feeds', 'GET /livez HTTP/1.1\nHost: x\n\n', 'malformed_http'],
  ['NUL in a header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n', 'malformed_http'],
  ['two lengths', `${head('Content-Length: 5', 'Content-Length: 6')}12345`, 'malformed_http'],
  ['a length with a sign', `${head('Content-Length: +4')}1234`, 'malformed_http'],
  ['a negative length', head('Content-Length: -1'), 'malformed_http'],
  ['a length and chunks at once', `${head('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`, 'malformed_http'],
  ['chunks and a length at once', `${head('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`, 'malformed_http'],
  ['a coding that hides another', `${head('Transfer-Encoding: chunked, identity')}0\r\n\r\n`, 'malformed_http'],
  ['a chunk size that is no number', `${head('Transfer-Encoding: chunked')}zz\r\nabc\r\n0\r\n\r\n`, 'malformed_http'],
  ['headers of 20 KB', `GET /livez HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 'headers_too_large'],
  ['3,000 headers', `GET /livez HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(3_000)}\r\n`, 'headers_too_large'],
  ['a path of 17 KB', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'headers_too_large'],
  ['an expectation that is none', `${head('Expect: 200-ok', 'Content-Length: 2')}{}`, 'expectation_failed'],
  ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 'method_not_allowed'],
  ['headers that never end', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: ', 'request_timeout'],
  ['a body that stops', `${head('Content-Length: 100')}{"sy`, 'request_timeout'],
  ['chunks that stop', `${head('Transfer-Encoding: chunked')}5\r\n{"sym`, 'request_timeout'],
  ['a body larger than allowed, by its length', `${head('Content-Length: 70000')}{`, 'body_too_large'],
]
for (const [name, bytes, code] of closing) {
  test(`${name} is ${code}, and the connection closes`, async () => {
    const connection = new RawConnection(port).send(bytes)
    assertCode(await connection.next(), code)
    await connection.closed
  })
}

/** Refused, but the framing was understood. */
const refused: readonly (readonly [string, string, ErrorCode])[] = [
  ['no Host', 'GET /livez HTTP/1.1\r\n\r\n', 'malformed_http'],
  ['two Hosts', 'GET /livez HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n', 'malformed_http'],
  ['two Hosts on a path that does not exist', 'GET /nowhere HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 'malformed_http'],
  ['two Authorizations', `GET /models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nAuthorization: Bearer ${key}\r\n\r\n`, 'auth_malformed'],
  ['two keys', `GET /models HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nX-API-Key: ${key}\r\n\r\n`, 'auth_malformed'],
  ['two Hosts in HTTP/1.0', 'GET /livez HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n', 'malformed_http'],
  ['two types', `${head('Content-Type: text/plain', `Content-Length: ${body.length}`)}${body}`, 'unsupported_media_type'],
  ['TRACE', 'TRACE /predict HTTP/1.1\r\nHost: x\r\n\r\n', 'method_not_allowed'],
  ['an unknown coding', head('Transfer-Encoding: xchunked'), 'malformed_http'],
  ['a body without a type', `POST /predict HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nContent-Length: 2\r\n\r\n{}`, 'unsupported_media_type'],
  ['neither a body nor a type', `POST /predict HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nContent-Length: 0\r\n\r\n`, 'malformed_json'],
  ['a body that grows too large in chunks', `${head('Transfer-Encoding: chunked')}${`4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(5)}0\r\n\r\n`, 'body_too_large'],
]
for (const [name, bytes, code] of refused) {
  test(`${name} is ${code}`, async () => {
    const connection = new RawConnection(port).send(bytes)
    assertCode(await connection.next(), code)
    connection.reset()
  })
}

test('a request behind one with an unknown coding is never read as a request of its own', async () => {
  const connection = new RawConnection(port).send(`${head('Transfer-Encoding: xchunked')}GET /livez HTTP/1.1\r\nHost: x\r\n\r\n`)
  assertCode(await connection.next(), 'malformed_http')
  assert.equal(await connection.next(), undefined)
})

test('1,000 pipelined requests are answered in order', async () => {
  const connection = new RawConnection(port)
  const symbols = Array.from({ length: 1_000 }, (_, i) => `A${i}/B`)
  connection.send(symbols.map((symbol) => `${head(`Content-Length: ${symbol.length + 13}`)}{"symbol":"${symbol}"}`).join(''))
  for (const symbol of symbols) assert.equal((JSON.parse((await connection.next())?.text ?? '{}') as { symbol?: string }).symbol, symbol)
  connection.reset()
})

test('garbage behind a good request gets the good answer first', async () => {
  const connection = new RawConnection(port).send(`${good}\x00\x01garbage\r\n\r\n`)
  const first = await connection.next()
  assert.equal(first?.status, 200)
  await connection.closed
})

test('a body in chunks, byte by byte, is the same body', async () => {
  const chunks = Array.from(body, (char) => `1\r\n${char}\r\n`).join('')
  const connection = new RawConnection(port).send(`${head('Transfer-Encoding: chunked')}${chunks}0\r\n\r\n`)
  assert.equal((await connection.next())?.status, 200)
  connection.reset()
})

test('HTTP/1.0 without a Host is answered: load balancers ask for health so', async () => {
  const connection = new RawConnection(port).send('GET /livez HTTP/1.0\r\n\r\n')
  assert.equal((await connection.next())?.status, 200)
  await connection.closed
})

test('100-continue is met', async () => {
  const connection = new RawConnection(port).send(head(`Content-Length: ${body.length}`, 'Expect: 100-continue'))
  assert.equal((await connection.next())?.status, 100)
  assert.equal((await connection.send(body).next())?.status, 200)
  connection.reset()
})

test('clients that leave in the middle leave nothing behind', async () => {
  for (const bytes of [good.slice(0, 60), good.slice(0, -4), good]) new RawConnection(port).send(bytes).reset()
  const connection = new RawConnection(port).send(good)
  assert.equal((await connection.next())?.status, 200)
  assert.equal(server.inFlight(), 0)
  connection.reset()
})
