import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { serverFolder, type ServerProcess } from './support/server-process.ts'
import { modelsFolder } from './support/models-folder.ts'

const start = (t: TestContext, lameDuckMs: number): Promise<ServerProcess> =>
  serverFolder(t).start({ 'models.dir': modelsFolder(t), 'gateway.lameDuckMs': String(lameDuckMs) })

test('a server that is asked to end says so at /readyz and answers everything, until the time for load balancers to notice is over', async (t) => {
  const { client, terminate, ended } = await start(t, 1_500)
  assert.equal((await client.get('/readyz')).status, 200)
  terminate()
  await eventually('it is not ready', async () => (await client.get('/readyz')).status === 503)
  const { status, headers } = await client.get('/models')
  assert.deepEqual([status, headers.get('connection')], [200, 'close'])
  assert.equal(await ended, 0)
})

test('a second signal ends a server at once', async (t) => {
  const { client, terminate, ended } = await start(t, 600_000)
  terminate()
  await eventually('it is not ready', async () => (await client.get('/readyz')).status === 503)
  terminate()
  assert.equal(await ended, 1)
})
