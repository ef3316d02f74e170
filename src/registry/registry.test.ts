import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { migrations } from '../database/migrations.ts'
import { type Database, openDatabase } from '../database/open-database.ts'
import { makeIds, systemClock } from '../system.ts'
import { Registry } from './registry.ts'

const version = { name: 'momentum', version: '1.2.3' }
const event = { ...version, event: 'label', detail: 'latest', keyId: 'key-1' }
const openRegistry = (database: Database): Promise<Registry> => Registry.open({ database, clock: systemClock, ids: makeIds(systemClock) })

function makeFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-registry-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'presage.db')
}

test('identity, verification and labels of a version are there after the store is opened again', async (t) => {
  const path = makeFile(t)
  const first = await openDatabase(path)
  const before = await openRegistry(first)
  await before.fixVersion({ ...version, digest: 'aa' })
  await before.recordVerification({ ...version, digest: 'aa', rows: 16, max_abs_error: 0 })
  await before.moveLabels('momentum', { latest: { version: '1.2.3', pinned: true } }, event)
  await first.destroy()
  const second = await openDatabase(path)
  t.after(() => second.destroy())
  const after = await openRegistry(second)
  assert.equal(after.digestOf(version), 'aa')
  assert.equal(after.verification('aa')?.rows, 16)
  assert.deepEqual([...after.labels('momentum')], [['latest', { version: '1.2.3', pinned: true }]])
  assert.deepEqual(
    (await after.history('momentum', '1.2.3')).map(({ detail }) => detail),
    ['latest'],
  )
})

test('a version is fixed to its first bytes: the same again is nothing new, others are a conflict', async (t) => {
  const database = await openDatabase(':memory:')
  t.after(() => database.destroy())
  const registry = await openRegistry(database)
  assert.equal(registry.digestOf(version), undefined)
  await registry.fixVersion({ ...version, digest: 'aa' })
  await registry.fixVersion({ ...version, digest: 'aa' })
  await assert.rejects(registry.fixVersion({ ...version, digest: 'bb' }), { code: 'version_conflict' })
  assert.equal(registry.digestOf(version), 'aa')
  assert.equal((await openRegistry(database)).digestOf(version), 'aa')
})

test('a store that refuses says so and leaves what is known in memory as it was', async () => {
  const database = await openDatabase(':memory:')
  const registry = await openRegistry(database)
  await database.destroy()
  await assert.rejects(registry.fixVersion({ ...version, digest: 'aa' }), { code: 'store_unavailable' })
  await assert.rejects(registry.moveLabels('momentum', { latest: { version: '1.2.3', pinned: true } }, event), { code: 'store_unavailable' })
  assert.deepEqual([registry.digestOf(version), registry.labels('momentum').size], [undefined, 0])
})

test('versions that were verified before identities were kept are fixed to the bytes that were verified last', async (t) => {
  const database = await openDatabase(':memory:')
  t.after(() => database.destroy())
  await database.schema.dropTable('versions').execute()
  const row = { ...version, rows: 16, max_abs_error: 0 }
  await database
    .insertInto('verifications')
    .values([
      { ...row, digest: 'new', at: 2 },
      { ...row, digest: 'old', at: 1 },
    ])
    .execute()
  await migrations['0002_identity_of_versions']?.up(database)
  assert.equal((await openRegistry(database)).digestOf(version), 'new')
})
