import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { writeTrees } from '../support/small-bundles.ts'
import type { Client } from './support/client.ts'
import { modelsFolder } from './support/models-folder.ts'
import { startServer } from './support/start-server.ts'

const label = '/models/pinned/labels/latest'

/** A server of one model with these versions; `drop` brings one more, damaged if it is said to be, and waits until it is proven or refused. */
async function serve(t: TestContext, versions: readonly string[]) {
  const models = modelsFolder(t)
  const write = (version: string): string => writeTrees(models, { name: 'pinned', version, up: 0.3 })
  for (const version of versions) write(version)
  const { client, presage } = await startServer(t, { 'models.dir': models, 'models.rescanMs': '86400000' })
  await presage.models.scan()
  const damage = (version: string): void => appendFileSync(join(models, 'pinned', version, 'model.txt'), '\n')
  const drop = async (version: string, isDamaged = false): Promise<void> => {
    write(version)
    if (isDamaged) damage(version)
    await presage.models.scan()
  }
  return { client, drop, damage }
}

const statusOf = async (client: Client, version: string): Promise<unknown> => (await client.get(`/models/pinned/versions/${version}`)).body.status
const latestOf = async (client: Client): Promise<unknown> => (await client.get('/models/pinned')).body.version

test('a rollback pins `latest` below newer versions, until it is let go and follows them again', async (t) => {
  const { client, drop } = await serve(t, ['1.0.0'])
  await drop('2.0.0')
  assert.equal((await client.post('/models/pinned/rollback')).body.version, '1.0.0')
  await drop('3.0.0')
  assert.deepEqual([await latestOf(client), await statusOf(client, '3.0.0')], ['1.0.0', 'standby'])

  const { status, body } = await client.delete(label, { reason: 'mended' })
  assert.deepEqual([status, body], [200, { model_name: 'pinned', label: 'latest', version: '3.0.0', before: '1.0.0' }])
  const { history } = (await client.get('/models/pinned')).body
  assert.deepEqual([history[0].event, history[0].detail], ['label', 'latest unpinned from 1.0.0: mended'])
  assert.equal((await client.get('/models/pinned/versions/previous')).body.version, '1.0.0')
  await drop('4.0.0')
  assert.equal(await latestOf(client), '4.0.0')
  const stable = await client.delete('/models/pinned/labels/stable')
  assert.deepEqual([stable.status, stable.body.code], [409, 'label_conflict'])
  const again = await client.delete(label)
  assert.deepEqual([again.status, again.body.version, again.body.before], [200, '4.0.0', '4.0.0'], 'nothing pins it any more')
})

test('a rollback is a toggle, and refused where `latest` has come back to `previous` by itself', async (t) => {
  const { client, drop, damage } = await serve(t, ['1.0.0'])
  await drop('2.0.0')
  const back = async (): Promise<unknown> => (await client.post('/models/pinned/rollback')).body.version
  assert.deepEqual([await back(), await back()], ['1.0.0', '2.0.0'])

  assert.equal((await client.delete(label)).body.version, '2.0.0')
  await client.post('/models/pinned/versions/2.0.0/unload')
  damage('2.0.0')
  assert.equal((await client.post('/models/pinned/versions/2.0.0/load')).status, 422)
  assert.equal(await latestOf(client), '1.0.0')
  const { status, body } = await client.post('/models/pinned/rollback')
  assert.deepEqual([status, body.code], [409, 'label_conflict'], JSON.stringify(body))
  assert.match(body.detail, /nothing to go back to/)
})

test('of a `latest` that is let go beside a newer version that was refused, the highest that was proven is followed', async (t) => {
  const { client, drop } = await serve(t, ['1.0.0', '2.0.0'])
  await client.put(label, { version: '1.0.0' })
  await drop('3.0.0', true)
  assert.equal(await statusOf(client, '3.0.0'), 'failed')
  assert.equal((await client.delete(label)).body.version, '2.0.0')
})
