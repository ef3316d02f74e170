import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { addDocs } from './docs-page.ts'
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

test('pages that could not be loaded once are loaded when somebody looks again', async (t) => {
  const [app, pages] = [Fastify(), Fastify()]
  t.after(() => app.close())
  pages.get('/docs', () => 'the pages')
  await pages.ready()
  let looks = 0
  addDocs(app, () => ((looks += 1) === 1 ? Promise.reject(new Error('out of files')) : Promise.resolve(pages)))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  assert.equal((await fetch(`${url}/docs`)).status, 500)
  assert.equal(await (await fetch(`${url}/docs`)).text(), 'the pages')
  await fetch(`${url}/docs`)
  assert.equal(looks, 2)
})
