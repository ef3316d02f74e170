import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, closeSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Presage } from '../../src/compose.ts'
import { askFor, writeOnnx, writeTrees } from '../support/small-bundles.ts'
import type { Client } from './support/client.ts'
import { modelsFolder } from './support/models-folder.ts'
import { startServer } from './support/start-server.ts'
import { SteadyLoad } from './support/steady-load.ts'

const nobody = 65_534
const loaded = ['forest', 'network']

type Scene = { readonly presage: Presage; readonly client: Client; readonly models: string; readonly load: SteadyLoad }

/** A server that has a forest of two versions and an ONNX model in memory, and is asked for both all the time. `spare` is not loaded. */
async function setScene(t: TestContext, root = modelsFolder(t)): Promise<Scene> {
  const models = join(root, 'models')
  for (const version of ['1.0.0', '1.1.0']) writeTrees(models, { name: 'forest', version, up: 0.7 })
  writeOnnx(models, { name: 'network' })
  for (const version of ['1.0.0', '1.1.0']) writeTrees(models, { name: 'spare', version, up: 0.3 })
  const { presage, client } = await startServer(t, {
    'models.dir': models,
    'data.dir': join(root, 'var'),
    'models.eager': 'forest,network',
    'models.rescanMs': '86400000',
  })
  for (const version of ['1.0.0', '1.1.0']) assert.equal((await client.post(`/models/spare/versions/${version}/unload`)).status, 200)
  let turn = 0
  const load = new SteadyLoad(t, () => client.post('/predict', askFor(loaded[(turn += 1) % 2] as string)))
  await load.more(20)
  return { presage, client, models, load }
}

/** What is said of a version: its status, and why. */
async function saidOf({ client }: Scene, model: string, version: string): Promise<readonly [string, string | undefined]> {
  const { body } = await client.get(`/models/${model}/versions/${version}`)
  return [body.status, body.reason]
}

/** Has the folder read again while requests go on; none may fail, up to this moment. */
async function lookAgain({ presage, load }: Scene): Promise<void> {
  await presage.models.scan()
  await load.more(40)
}

async function expectNoFailure({ load }: Scene): Promise<void> {
  const { good, bad } = await load.stop()
  assert.deepEqual(bad, [])
  assert.ok(good >= 60, `${good} answers`)
}

test('a models folder that is gone is no news: what is loaded serves on, and what comes back is found', async (t) => {
  const scene = await setScene(t)
  const { models, presage, client } = scene
  rmSync(models, { recursive: true })
  await lookAgain(scene)
  assert.deepEqual(await saidOf(scene, 'forest', '1.1.0'), ['active', undefined])
  const asked = await client.post('/predict', askFor('spare'))
  assert.deepEqual([asked.status, asked.body.code], [503, 'model_unavailable'])
  assert.match(asked.body.detail, /spare 1\.1\.0 cannot be served: model\.yaml cannot be read/)
  assert.equal((await saidOf(scene, 'spare', '1.1.0'))[0], 'failed')
  writeTrees(models, { name: 'forest', version: '1.2.0', up: 0.6 })
  await presage.models.scan()
  assert.equal((await client.post('/predict', askFor('forest'))).body.model_info.version, 'v1.2.0')
  await expectNoFailure(scene)
})

/** Root may read whatever the permissions say: as root the whole process becomes somebody else, to whom the folder then belongs, before it starts others. Gives what takes that back. */
function becomeNobody(t: TestContext, folder: string): () => void {
  if (process.geteuid?.() !== 0) return () => {}
  chownSync(folder, nobody, nobody)
  process.seteuid?.(nobody)
  const back = (): void => process.seteuid?.(0)
  t.after(back)
  return back
}

test('bundles that may not be read any more serve on while they are loaded, and the status of others says so', async (t) => {
  const root = modelsFolder(t)
  const becomeOneselfAgain = becomeNobody(t, root)
  const scene = await setScene(t, root)
  const { models, client } = scene
  try {
    chmodSync(join(models, 'spare', '1.1.0', 'model.txt'), 0)
    assert.throws(() => readFileSync(join(models, 'spare', '1.1.0', 'model.txt')), { code: 'EACCES' })
    const asked = await client.post('/predict', { ...askFor('spare'), model_version: '1.1.0' })
    assert.match(asked.body.detail, /spare 1\.1\.0 cannot be served: .*EACCES/)
    assert.equal((await saidOf(scene, 'spare', '1.1.0'))[0], 'failed')
    assert.equal((await client.post('/predict', askFor('spare'))).body.model_info.version, 'v1.0.0', 'the version before answers')
    for (const folder of ['forest', 'network']) chmodSync(join(models, folder), 0)
    writeTrees(models, { name: 'late', version: '1.0.0', up: 0.6 })
    await lookAgain(scene)
    assert.equal((await client.post('/predict', askFor('late'))).body.model_info.version, 'v1.0.0', 'a folder that is closed holds up no other')
    assert.match(
      (await saidOf(scene, 'forest', '1.1.0'))[1] ?? '',
      /^serves on from memory, but cannot be loaded again: the folder of the model cannot be read \(EACCES\)/,
    )
    chmodSync(models, 0)
    await lookAgain(scene)
    for (const [model, version] of [
      ['forest', '1.1.0'],
      ['network', '1.0.0'],
    ] as const) {
      const [status, reason = ''] = await saidOf(scene, model, version)
      assert.equal(status, 'active')
      // A folder that was listed before it was closed, by a look that the watch had begun, has a manifest that cannot be read.
      assert.match(reason, /^serves on from memory, but cannot be loaded again: (the folder of the model|model\.yaml) cannot be read/)
    }
  } finally {
    chmodSync(models, 0o755)
    for (const folder of ['forest', 'network']) chmodSync(join(models, folder), 0o755)
  }
  await lookAgain(scene)
  assert.deepEqual(await saidOf(scene, 'forest', '1.1.0'), ['active', undefined], 'once it can be read again all is said to be well')
  becomeOneselfAgain()
  await expectNoFailure(scene)
})

/** Changes one byte in place: size and times of the folder stay, those of the file do not. */
function swapByte(path: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf('leaf_value=') + 'leaf_value='.length + 2
  const file = openSync(path, 'r+')
  writeSync(file, bytes.at(at) === 0x37 ? '8' : '7', at)
  closeSync(file)
}

test('files that are cut off or have other bytes do no harm to what is loaded; what is not is refused with the file', async (t) => {
  const scene = await setScene(t)
  const { models, client } = scene
  truncateSync(join(models, 'forest', '1.1.0', 'model.txt'), 100)
  swapByte(join(models, 'forest', '1.0.0', 'model.txt'))
  truncateSync(join(models, 'network', '1.0.0', 'model.onnx'), 100)
  await lookAgain(scene)
  truncateSync(join(models, 'network', '1.0.0', 'model.yaml'), 100)
  await lookAgain(scene)
  for (const [name, version, fault] of [
    ['forest', '1.1.0', /again: model\.txt has SHA-256 .* damaged or was changed/],
    ['network', '1.0.0', /again: model\.yaml: .* at line/],
  ] as const) {
    const [status, reason] = await saidOf(scene, name, version)
    assert.equal(status, 'active')
    assert.match(String(reason), fault)
  }
  swapByte(join(models, 'spare', '1.1.0', 'model.txt'))
  truncateSync(join(models, 'spare', '1.0.0', 'golden.json'), 10)
  for (const [version, file] of [
    ['1.1.0', 'model.txt'],
    ['1.0.0', 'golden.json'],
  ] as const) {
    const asked = await client.post('/predict', { ...askFor('spare'), model_version: version })
    assert.deepEqual([asked.status, asked.body.code], [503, 'model_unavailable'])
    const [status, reason] = await saidOf(scene, 'spare', version)
    assert.equal(status, 'failed')
    assert.match(String(reason), new RegExp(`${file} has SHA-256 .* damaged or was changed`))
  }
  const { body } = await client.get('/health')
  assert.match(JSON.stringify(body), /refused, \d with damaged files/)
  await expectNoFailure(scene)
})

/** A disk of so many bytes in memory, undefined where this process may not mount one. */
function smallDisk(t: TestContext, megabytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'presage-disk-'))
  let isMounted = false
  t.after(() => {
    if (isMounted) execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true })
  })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
    isMounted = true
  } catch (error) {
    t.skip(`a small disk cannot be mounted here: ${String((error as { stderr?: Buffer }).stderr).trim()}`)
    return undefined
  }
  return folder
}

function fill(path: string): void {
  for (const size of [1 << 16, 1 << 12, 1]) {
    const file = openSync(path, 'a')
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
    } finally {
      closeSync(file)
    }
  }
}

test('a full disk stops no prediction: models load, labels say that they cannot move, and all goes on when there is room', async (t) => {
  const disk = smallDisk(t, 8)
  if (disk === undefined) return
  const scene = await setScene(t, disk)
  const { models, client } = scene
  const ballast = join(disk, 'ballast')
  fill(ballast)
  await lookAgain(scene)
  const copy = join(models, 'forest', '.copy')
  assert.throws(() => cpSync(join(models, 'forest', '1.1.0'), copy, { recursive: true }), { code: 'ENOSPC' })
  await lookAgain(scene)
  assert.equal((await client.post('/predict', askFor('spare'))).status, 200, 'what is not loaded yet loads')
  const moved = await client.put('/models/forest/labels/latest', { version: '1.0.0' })
  assert.deepEqual([moved.status, moved.body.code], [503, 'store_unavailable'], JSON.stringify(moved.body))
  assert.equal((await client.post('/predict', askFor('forest'))).body.model_info.version, 'v1.1.0', 'the label is where it was')
  rmSync(ballast)
  rmSync(copy, { recursive: true, force: true })
  assert.equal((await client.put('/models/forest/labels/latest', { version: '1.0.0' })).status, 200)
  assert.equal((await client.post('/predict', askFor('forest'))).body.model_info.version, 'v1.0.0')
  await expectNoFailure(scene)
})
