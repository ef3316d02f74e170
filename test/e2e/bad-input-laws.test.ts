import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { createServer, type GatewayServer } from '../../src/gateway/server.ts'
import { routes } from '../../src/gateway/routes/index.ts'
import { makeGatewayDeps, makeKeys } from '../../src/gateway/testing/make-gateway.ts'
import { assertProblem } from './support/problem.ts'

const { ring, texts } = makeKeys()
let server: GatewayServer
before(async () => void (server = await createServer(makeGatewayDeps({ keys: ring }))))
after(() => server.app.close())

const paths = routes.map(({ path }) => path.replace(/:[a-z]+/g, 'x'))
const bodyPaths = routes
  .filter(({ method }) => method !== 'GET')
  .map(({ method, path }) => ({ method: method as 'POST' | 'PUT' | 'DELETE', path: path.replace(/:[a-z]+/g, 'x') }))

type Sent = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly payload?: string | Buffer
  readonly headers?: Record<string, string>
}

async function assertDefined({ method, url, payload, headers }: Sent): Promise<void> {
  const type = payload === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await server.app.inject({
    method,
    url,
    headers: { 'x-api-key': texts[0] as string, ...type, ...headers },
    ...(payload === undefined ? {} : { payload }),
  })
  if (answer.statusCode < 400) return
  const header = (name: string): string | null => (answer.headers[name] as string | undefined) ?? null
  const problem = assertProblem({ status: answer.statusCode, type: header('content-type'), requestId: header('x-request-id'), text: answer.payload })
  assert.ok(answer.statusCode < 500, `${problem.code}: ${problem.detail}`)
}

const fieldNames = fc.constantFrom(
  'symbol',
  'timestamp',
  'features',
  'model',
  'model_version',
  'include',
  'requests',
  'bars',
  'timeframe',
  'calendar',
  'version',
  'reason',
  '__proto__',
  'toString',
  'x',
)
const values = fc.oneof(
  fc.constantFrom('BTC/USDT', '2024-01-15T10:30:00Z', '1m', '1.2.3', 'live'),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
)
const almostRight = fc.dictionary(fieldNames, fc.oneof(values, fc.array(fc.dictionary(fieldNames, values)), fc.dictionary(fc.string(), values)))

test('any body that is nearly right is answered without a 5xx, and every error is a problem', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...bodyPaths), almostRight, ({ method, path }, body) =>
      assertDefined({ method, url: path, payload: JSON.stringify(body) }),
    ),
    { numRuns: 300 },
  )
})

test('any bytes as a body are answered without a 5xx, and every error is a problem', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.string({ unit: 'binary' }),
    fc.json(),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...bodyPaths), bytes, ({ method, path }, payload) => assertDefined({ method, url: path, payload })),
    { numRuns: 300 },
  )
})

test('any path, query and header values are answered without a 5xx, and every error is a problem', async () => {
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 30 }).map((part) => encodeURIComponent(part))
  const headerText = fc.string({ unit: 'grapheme-ascii', maxLength: 30 })
  const anyUrl = fc.oneof(
    fc.tuple(fc.constantFrom(...paths), text).map(([path, query]) => `${path}?${query}`),
    fc.array(text).map((parts) => `/${parts.join('/')}`),
    fc.webPath().map((path) => `/${path}`),
  )
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE')
  await fc.assert(
    fc.asyncProperty(method, anyUrl, headerText, (verb, url, value) =>
      assertDefined({ method: verb, url, headers: { 'x-request-id': value, 'request-timeout-ms': value, 'content-type': value } }),
    ),
    { numRuns: 300 },
  )
})
