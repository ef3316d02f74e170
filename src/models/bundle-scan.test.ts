import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ServingError } from '../contracts/error.ts'
import { BundleScan } from './bundle-scan.ts'
import { ModelIndex } from './model-index.ts'
import type { Resident } from './resident.ts'
import type { VersionSlot } from './version-slot.ts'

const example = fileURLToPath(new URL('../../examples/models/momentum/1.2.3', import.meta.url))

/** A models folder with the example at these places, scanned once; `scan` looks again and gives the lines that operators read of it, without the path of the folder. */
async function scanOf(t: TestContext, places: readonly string[], load?: (slot: VersionSlot) => Promise<Resident>) {
  const dir = mkdtempSync(join(tmpdir(), 'presage-scan-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  for (const place of places) cpSync(example, join(dir, place), { recursive: true })
  const lines: string[] = []
  const index = new ModelIndex()
  const deps = {
    dir,
    eager: ['momentum'],
    index,
    records: { isFixed: ({ hasLoaded }: VersionSlot) => hasLoaded, isVerified: () => true, remember: () => Promise.resolve() },
    clock: { now: () => 0, monotonic: () => 0 },
    load,
    refresh: (name: string) => void index.entry(name).resolve(new Map(), () => true),
    preparation: { prepare: () => Promise.resolve() },
    log: (level: string, message: string) => void lines.push(`${level}: ${message.replaceAll(dir, 'DIR')}`),
  }
  const bundles = new BundleScan(deps as never)
  const scan = async (): Promise<string[]> => {
    await bundles.run()
    return lines.splice(0)
  }
  return { dir, bundles, first: await scan(), scan }
}
/** Brings a version into memory by a word. */
const inMemory = (slot: VersionSlot): Promise<Resident> => {
  slot.hasLoaded = true
  return Promise.resolve((slot.resident = { runtime: {} } as Resident))
}

test('a folder that is refused is told once, with its place and why, and again when the reason is another', async (t) => {
  const { dir, bundles, first, scan } = await scanOf(t, ['momentum/v1.2.3', 'other/1.2.3'], inMemory)
  assert.deepEqual(first, [
    'warn: DIR/momentum/v1.2.3 is not served: the folder of a version is named 1.2.3, without v',
    'warn: DIR/other/1.2.3 is not served: model.yaml says momentum 1.2.3; the folder must be momentum/1.2.3',
  ])
  assert.deepEqual(await scan(), [])
  assert.deepEqual(
    bundles.refused.map(({ folder }) => folder),
    ['momentum/v1.2.3', 'other/1.2.3'],
  )
  writeFileSync(join(dir, 'other/1.2.3/model.yaml'), 'schema: [')
  const [line = '', ...more] = await scan()
  assert.match(line, /^warn: DIR\/other\/1\.2\.3 is not served: model\.yaml: .+/)
  assert.deepEqual(more, [])
})

test('a folder that was put right is told of no more, and anew when it is refused again', async (t) => {
  const { dir, bundles, scan } = await scanOf(t, ['momentum/v1.2.3'], inMemory)
  renameSync(join(dir, 'momentum/v1.2.3'), join(dir, 'momentum/1.2.3'))
  assert.deepEqual([await scan(), bundles.refused], [[], []])
  cpSync(example, join(dir, 'momentum/v1.2.3'), { recursive: true })
  assert.equal((await scan()).length, 1)
})

test('a version that cannot be loaded is told by its name, with what loading says', async (t) => {
  const refuse = () => Promise.reject(new ServingError('model_verification_failed', 'model.txt is larger than 2 GiB'))
  const { first } = await scanOf(t, ['momentum/1.2.3'], refuse)
  assert.deepEqual(first, ['warn: momentum 1.2.3 is not served: model.txt is larger than 2 GiB'])
})

test('of a version in memory is told that it serves on and why it could not be loaded again, and when it could', async (t) => {
  const { dir, first, scan } = await scanOf(t, ['momentum/1.2.3'], inMemory)
  assert.deepEqual(first, [])
  const away = join(dir, '.away')
  renameSync(join(dir, 'momentum/1.2.3'), away)
  assert.deepEqual(await scan(), ['warn: momentum 1.2.3 serves on from memory, but cannot be loaded again: its folder is gone'])
  renameSync(away, join(dir, 'momentum/1.2.3'))
  assert.deepEqual(await scan(), ['info: momentum 1.2.3 can be loaded again: its files are as they were'])
  appendFileSync(join(dir, 'momentum/1.2.3/model.yaml'), '# a word more\n')
  assert.deepEqual(await scan(), [
    'warn: momentum 1.2.3 serves on from memory, but cannot be loaded again: momentum 1.2.3 is known with other bytes; a version never changes, save it under a new one',
  ])
})

test('a models folder that cannot be read is no news, and told', async (t) => {
  const { dir, scan } = await scanOf(t, ['momentum/1.2.3'], inMemory)
  renameSync(dir, `${dir}-away`)
  t.after(() => rmSync(`${dir}-away`, { recursive: true }))
  assert.deepEqual(await scan(), ['warn: the models folder DIR cannot be read; what is in memory serves on'])
})
