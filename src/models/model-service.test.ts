import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { noMeter } from '../contracts/meter.ts'
import { openDatabase } from '../database/open-database.ts'
import { FeatureService } from '../features/feature-service.ts'
import { SeriesStore } from '../market/series-store.ts'
import { Registry } from '../registry/registry.ts'
import { TreesRuntime } from '../runtimes/trees/trees-runtime.ts'
import { makeIds, systemClock as clock } from '../system.ts'
import { type SmallBundle, writeTrees } from '../../test/support/small-bundles.ts'
import { ModelAdministration } from './model-admin.ts'
import { ModelService } from './model-service.ts'
import { prepareHere } from './prepare-bundle.ts'
import type { PrepareProcess } from './prepare-process.ts'

const change = { keyId: 'key', reason: undefined }

/** The models of a folder with a store in memory. `hold` keeps bundles from being read until it is called off; `refuse` has the store take no label. */
async function serviceOf(t: TestContext, memoryBudgetMb = 64) {
  const dir = mkdtempSync(join(tmpdir(), 'presage-models-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const database = await openDatabase(':memory:')
  t.after(() => database.destroy())
  const registry = await Registry.open({ database, clock, ids: makeIds(clock) })
  const said: string[] = []
  const reading: string[] = []
  let gate: Promise<void> = Promise.resolve()
  const preparation = {
    async prepare(file: Parameters<typeof prepareHere.prepare>[0]) {
      reading.push(`${file.manifest.name} ${file.manifest.version}`)
      await gate
      return prepareHere.prepare(file)
    },
    rest() {},
  } as unknown as PrepareProcess
  const features = new FeatureService({ series: new SeriesStore({ clock, meter: noMeter }), clock, meter: noMeter })
  const settings = { dir, eager: [], memoryBudgetMb, keepPreviousMs: 0, allowUnverified: false }
  const log = (_level: string, message: string): void => void said.push(message)
  const service = new ModelService({ runtimes: [new TreesRuntime(clock)], features, meter: noMeter, registry, clock, preparation, settings, log })
  t.after(() => service.close())
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  const write = (bundle: SmallBundle): string => writeTrees(dir, bundle)
  return { service, admin: new ModelAdministration(service, registry), registry, database, write, hold, said, reading }
}

test('a version that an operator has loaded while it is proven stays in memory', async (t) => {
  const { service, admin, write, hold, reading } = await serviceOf(t)
  write({ name: 'model', version: '1.0.0', up: 0.4 })
  const go = hold()
  const proven = Promise.withResolvers<void>()
  const found = Promise.withResolvers<void>()
  void service.scan(found.resolve).then(proven.resolve)
  await found.promise
  const loaded = admin.load('model', '1.0.0', change)
  go()
  await proven.promise
  assert.equal((await loaded).loaded, true)
  assert.equal((await admin.version('model', '1.0.0')).loaded, true)
  assert.deepEqual(reading, ['model 1.0.0'])
})

test('a version that nobody asked for leaves memory once it is proven', async (t) => {
  const { service, admin, write } = await serviceOf(t)
  write({ name: 'model', version: '1.0.0', up: 0.4 })
  await service.scan()
  const { loaded, verified } = await admin.version('model', '1.0.0')
  assert.deepEqual({ loaded, verified }, { loaded: false, verified: true })
})

test('a bundle is found and proven while the proof of another has come to no end', async (t) => {
  const { service, write, hold, reading } = await serviceOf(t)
  write({ name: 'slow', version: '1.0.0', up: 0.4 })
  const go = hold()
  const found = Promise.withResolvers<void>()
  const first = service.scan(found.resolve)
  await found.promise
  hold()()
  write({ name: 'quick', version: '1.0.0', up: 0.4 })
  const second = service.scan()
  while (!service.entries.some(({ name, slots }) => name === 'quick' && [...slots.values()].some((slot) => service.isVerified(slot)))) await setImmediate()
  assert.deepEqual(reading, ['slow 1.0.0', 'quick 1.0.0'])
  go()
  await Promise.all([first, second])
  assert.deepEqual(
    service.entries.map(({ name, labels }) => [name, labels.get('latest')]),
    [
      ['quick', '1.0.0'],
      ['slow', '1.0.0'],
    ],
  )
})

test('a store that refuses when `latest` moves by itself is told again what is `previous`, and health says so until it takes it', async (t) => {
  const { service, registry, database, write } = await serviceOf(t)
  write({ name: 'model', version: '1.0.0', up: 0.4 })
  await service.scan()
  write({ name: 'model', version: '2.0.0', up: 0.6 })
  await database.schema.alterTable('labels').renameTo('away').execute()
  await service.scan()
  await service.records.settled()
  assert.deepEqual([...service.entry('model').labels], [['latest', '2.0.0']])
  assert.equal(service.records.health().status, 'degraded')
  await database.schema.alterTable('away').renameTo('labels').execute()
  await service.scan()
  await service.records.settled()
  assert.equal(service.entry('model').labels.get('previous'), '1.0.0')
  assert.equal(registry.labels('model').get('previous')?.version, '1.0.0')
  assert.deepEqual(service.records.health(), { status: 'healthy', detail: 'SQLite' })
})

test('a `canary` is moved to a version that is loaded for it, and stays there when newer ones come', async (t) => {
  const { service, admin, write } = await serviceOf(t)
  for (const version of ['1.0.0', '2.0.0-rc.1']) write({ name: 'model', version, up: 0.4 })
  await service.scan()
  assert.equal((await admin.setLabel('model', { label: 'canary', version: '2.0.0-rc.1' }, change)).version, '2.0.0-rc.1')
  assert.equal((await admin.version('model', 'canary')).loaded, true)
  write({ name: 'model', version: '3.0.0', up: 0.6 })
  await service.scan()
  assert.deepEqual(Object.fromEntries(service.entry('model').labels), { canary: '2.0.0-rc.1', latest: '3.0.0', previous: '1.0.0' })
})
