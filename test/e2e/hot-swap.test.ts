import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listModels } from '../../src/cli/list-models.ts'
import { singleRequest } from './support/specification.ts'
import { exampleModels, startServer } from './support/start-server.ts'

function copyVersion(version: string, models: string): void {
  mkdirSync(join(models, 'momentum'), { recursive: true })
  const unfinished = join(models, `.copy-of-${version}`)
  cpSync(join(exampleModels, 'momentum', version), unfinished, { recursive: true })
  renameSync(unfinished, join(models, 'momentum', version))
}

test('a version that is dropped in under load takes over without one failed request, and can be rolled back', async (t) => {
  const first = await startServer(t)
  const models = join(first.folder, 'models')
  copyVersion('1.2.2', models)
  const { client, presage } = await startServer(t, { 'models.dir': models, 'models.rescanMs': '86400000' })
  const seen: string[] = []
  const failures: unknown[] = []
  const loading = new AbortController()
  const load = Array.from({ length: 8 }, async () => {
    while (!loading.signal.aborted) {
      const { status, body } = await client.post('/predict', singleRequest)
      if (status === 200) seen.push(body.model_info.version)
      else failures.push(body)
    }
  })
  copyVersion('1.2.3', models)
  await presage.models.scan()
  const after = await client.post('/predict', singleRequest)
  loading.abort()
  await Promise.all(load)
  assert.deepEqual(failures, [])
  assert.equal(after.body.model_info.version, 'v1.2.3')
  assert.ok(seen.includes('v1.2.2'))
  assert.equal(seen.lastIndexOf('v1.2.2') < seen.length - 1, true)

  const { status, body } = await client.post('/models/momentum/rollback', { reason: 'drill' })
  assert.deepEqual([status, body.version, body.before], [200, '1.2.2', '1.2.3'])
  assert.equal((await client.post('/predict', singleRequest)).body.model_info.version, 'v1.2.2')
})

test('a damaged version is refused with its file and a remedy, and the one before serves on', async (t) => {
  const first = await startServer(t)
  const models = join(first.folder, 'models')
  copyVersion('1.2.2', models)
  const { client, presage } = await startServer(t, { 'models.dir': models, 'models.rescanMs': '86400000' })
  const copy = join(models, '.copy')
  cpSync(join(exampleModels, 'momentum', '1.2.3'), copy, { recursive: true })
  appendFileSync(join(copy, 'model.txt'), '\n')
  renameSync(copy, join(models, 'momentum', '1.2.3'))
  await presage.models.scan()
  const { body } = await client.get('/models/momentum/versions/1.2.3')
  assert.equal(body.status, 'failed')
  assert.match(body.reason, /model\.txt has SHA-256 .* damaged or was changed/)
  assert.equal((await client.post('/predict', singleRequest)).body.model_info.version, 'v1.2.2')
  const asked = await client.post('/predict', { ...singleRequest, model_version: '1.2.3' })
  assert.deepEqual([asked.status, asked.body.code], [503, 'model_unavailable'])
  assert.match(asked.body.detail, /momentum 1\.2\.3 cannot be served: model\.txt has SHA-256/)
  const loaded = await client.post('/models/momentum/versions/1.2.3/load', {})
  assert.deepEqual([loaded.status, loaded.body.code], [422, 'model_verification_failed'])
})

test('damage to the files of a version that serves is told before it is needed again, and gone when they are whole', async (t) => {
  const first = await startServer(t)
  const models = join(first.folder, 'models')
  for (const version of ['1.2.2', '1.2.3']) copyVersion(version, models)
  const { client, presage } = await startServer(t, { 'models.dir': models, 'models.rescanMs': '86400000' })
  const damaged = /model\.txt has SHA-256 .* damaged or was changed/
  const told = async (version: string) => {
    await presage.models.scan()
    const { body } = await client.get(`/models/momentum/versions/${version}`)
    return { reason: body.reason, status: body.status, verified: body.verified, loaded: body.loaded }
  }
  const health = async (): Promise<string> => (await client.get('/health')).body.checks.models.detail

  await client.post('/models/momentum/versions/1.2.2/load', {})
  for (const version of ['1.2.2', '1.2.3']) appendFileSync(join(models, 'momentum', version, 'model.txt'), '\n')
  const { reason, ...served } = await told('1.2.3')
  assert.match(reason, damaged)
  assert.deepEqual(served, { status: 'active', verified: true, loaded: true })
  assert.match(await health(), /, 2 with damaged files$/)
  assert.equal((await client.post('/predict', singleRequest)).body.model_info.version, 'v1.2.3')

  await client.post('/models/momentum/versions/1.2.2/unload', {})
  const { reason: again, ...gone } = await told('1.2.2')
  assert.match(again, damaged)
  assert.deepEqual(gone, { status: 'failed', verified: false, loaded: false })

  for (const version of ['1.2.2', '1.2.3']) cpSync(join(exampleModels, 'momentum', version), join(models, 'momentum', version), { recursive: true })
  assert.deepEqual(await told('1.2.3'), { reason: undefined, ...served })
  assert.deepEqual(await told('1.2.2'), { reason: undefined, status: 'standby', verified: true, loaded: false })

  appendFileSync(join(models, 'momentum', '1.2.2', 'model.txt'), '\n')
  const { reason: unloaded, ...out } = await told('1.2.2')
  assert.match(unloaded, damaged)
  assert.deepEqual(out, gone)
})

test('a version whose manifest is damaged or whose folder is gone serves on from memory, and says that it could not be loaded again until all is back', async (t) => {
  const first = await startServer(t)
  const models = join(first.folder, 'models')
  copyVersion('1.2.3', models)
  const folder = join(models, 'momentum/1.2.3')
  const { client, presage } = await startServer(t, { 'models.dir': models, 'models.rescanMs': '86400000' })
  const told = async () => {
    await presage.models.scan()
    const { body } = await client.get('/models/momentum/versions/1.2.3')
    return { reason: body.reason, status: body.status, loaded: body.loaded }
  }
  await client.post('/models/momentum/versions/1.2.3/load', {})
  const whole = { reason: undefined, status: 'active', loaded: true }
  assert.deepEqual(await told(), whole)

  const damages = [
    [() => appendFileSync(join(folder, 'model.yaml'), 'colour: blue\n'), /model\.yaml: line \d+: \/colour has no meaning here/, / loaded, 1 refused$/],
    [() => appendFileSync(join(folder, 'model.yaml'), '# a word more\n'), /known with other bytes/, / loaded, 1 refused/],
    [() => rmSync(join(folder, 'model.yaml')), /model\.yaml cannot be read/, / loaded, 1 refused$/],
    [() => rmSync(folder, { recursive: true }), /its folder is gone$/, / loaded, 1 whose folder is gone$/],
  ] as const
  for (const [damage, why, counted] of damages) {
    damage()
    const { reason, ...served } = await told()
    assert.match(reason, /^serves on from memory, but cannot be loaded again: /)
    assert.match(reason, why)
    assert.match(presage.models.health().detail, counted)
    assert.deepEqual({ ...served, reason: undefined }, whole)
    assert.equal((await client.post('/predict', singleRequest)).body.model_info.version, 'v1.2.3')
    cpSync(join(exampleModels, 'momentum/1.2.3'), folder, { recursive: true })
    assert.deepEqual(await told(), whole)
    assert.match(presage.models.health().detail, / loaded$/)
  }
})

test('folders that look like bundles and cannot be served are listed with their reasons until they are mended', async (t) => {
  const first = await startServer(t)
  const models = join(first.folder, 'models')
  copyVersion('1.2.3', models)
  const { client, presage } = await startServer(t, { 'models.dir': models, 'models.rescanMs': '86400000' })
  const refused = async (): Promise<Readonly<Record<string, string>>> => {
    await presage.models.scan()
    const { body } = await client.get('/models')
    return Object.fromEntries(body.refused.map(({ folder, reason }: { folder: string; reason: string }) => [folder, reason]))
  }
  assert.deepEqual(await refused(), {})

  appendFileSync(join(models, 'momentum/1.2.3/model.yaml'), 'colour: blue\n')
  mkdirSync(join(models, 'momentum/2.0.0'))
  const { 'momentum/1.2.3': strange = '', 'momentum/2.0.0': empty = '', ...others } = await refused()
  assert.match(strange, /^model\.yaml: line \d+: \/colour has no meaning here/)
  assert.match(empty, /^model\.yaml cannot be read: a bundle is a folder with a model\.yaml/)
  assert.deepEqual(others, {})
  assert.match((await client.get('/health')).body.checks.models.detail, /, 2 refused$/)
  assert.equal((await client.post('/predict', singleRequest)).body.model_info.version, 'v1.2.3', 'what is in memory serves on')

  rmSync(join(models, 'momentum/2.0.0'), { recursive: true })
  cpSync(join(exampleModels, 'momentum/1.2.3'), join(models, 'momentum/1.2.3'), { recursive: true })
  assert.deepEqual(await refused(), {})
})

test('a model whose only version is gone is retired wherever models are listed, and holds up no list', async (t) => {
  const first = await startServer(t)
  const models = join(first.folder, 'models')
  copyVersion('1.2.3', models)
  const { client, presage, url } = await startServer(t, { 'models.dir': models, 'models.rescanMs': '86400000' })
  await presage.models.scan()
  rmSync(join(models, 'momentum'), { recursive: true })
  await client.post('/models/momentum/versions/1.2.3/unload', {})
  await presage.models.scan()
  const [listed, asked] = [await client.get('/models'), await client.get('/models/momentum')]
  for (const { version, status, labels } of [listed.body.models[0], asked.body])
    assert.deepEqual({ version, status, labels }, { version: '1.2.3', status: 'retired', labels: [] })
  assert.deepEqual((await client.get('/models/moment')).body.code, 'model_not_found')
  const log = t.mock.method(console, 'log', () => {})
  await listModels({ models, url, keyFile: presage.keyFile })
  assert.match(String(log.mock.calls[0]?.arguments[0]), /^momentum +1\.2\.3 +retired +trees/m)
})
