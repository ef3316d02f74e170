import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from './server.ts'
import { makeGatewayDeps } from './testing/make-gateway.ts'

test('the reference is a page with its own content policy, and what is not below it is told in our words', async (t) => {
  const server = await createServer(makeGatewayDeps())
  t.after(() => server.drain())
  const url = await server.listen()
  const [page, again] = await Promise.all([fetch(`${url}/docs`), fetch(`${url}/docs/`)])
  for (const { status, headers } of [page, again]) {
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /text\/html/)
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'/)
  }
  const document = (await (await fetch(`${url}/docs/json`)).json()) as { paths: object }
  assert.ok('/predict' in document.paths)
  const missing = await fetch(`${url}/docs/nothing/here`)
  assert.deepEqual([missing.status, ((await missing.json()) as { code: string }).code], [404, 'route_not_found'])
})
