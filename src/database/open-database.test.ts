import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { openDatabase } from './open-database.ts'
import { SqliteDialect } from './sqlite-dialect.ts'
import type { Tables } from './tables.ts'

const row = { name: 'momentum', label: 'stable', version: '1.2.3', pinned: 0, at: 1 }

test('what was written is there after the file is opened again, and migrations run once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-database-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'state', 'presage.db')
  const first = await openDatabase(path)
  await first.insertInto('labels').values(row).execute()
  await first.destroy()
  const second = await openDatabase(path)
  assert.deepEqual({ ...(await second.selectFrom('labels').selectAll().executeTakeFirst()) }, row)
  await second.destroy()
})

test('a transaction that fails leaves nothing', async () => {
  const database = await openDatabase(':memory:')
  const failing = database.transaction().execute(async (transaction) => {
    await transaction.insertInto('labels').values(row).execute()
    throw new Error('planned')
  })
  await assert.rejects(failing, /planned/)
  assert.equal((await database.selectFrom('labels').selectAll().execute()).length, 0)
  await database.destroy()
})

test('a transaction settles once it is on the disk, and fails where the disk refuses', async () => {
  const events: string[] = []
  let refusal: Error | undefined
  const toDisk = async (): Promise<void> => {
    if (refusal) throw refusal
    events.push('on the disk')
  }
  const database = new Kysely<Tables>({ dialect: new SqliteDialect(new DatabaseSync(':memory:'), toDisk) })
  await database.schema.createTable('labels').addColumn('name', 'text').execute()
  const write = () =>
    database.transaction().execute((transaction) =>
      transaction
        .insertInto('labels')
        .values({ name: 'momentum' } as never)
        .execute(),
    )
  await write().then(() => events.push('settled'))
  assert.deepEqual(events, ['on the disk', 'settled'])
  refusal = new Error('planned')
  await assert.rejects(write(), /planned/)
  refusal = undefined
  await write()
  await database.destroy()
})

test('a folder that another process uses is refused with what to do, and free again when that one is gone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-database-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'presage.db')
  const first = await openDatabase(path)
  await assert.rejects(openDatabase(path), { code: 'store_unavailable', message: /Another process uses the data folder .*data\.dir/ })
  await first.destroy()
  await (await openDatabase(path)).destroy()
})

test('a file that is no database is refused with store_unavailable', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-database-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'presage.db')
  writeFileSync(path, 'no database, but long enough to be looked at as one, surely')
  await assert.rejects(openDatabase(path), { code: 'store_unavailable' })
})
