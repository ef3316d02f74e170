import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase } from '../database/open-database.ts'
import { makeFirstKey } from './first-key.ts'
import { KeyRing } from './key-ring.ts'
import { kyselyKeyStore } from './kysely-key-store.ts'
import { scopes } from './scope.ts'

const clock = { now: () => 1_700_000_000_000, monotonic: () => 0 }

test('the first start makes one admin key, in a file that only the owner reads; the second makes none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const keyFile = join(folder, 'admin.key')
  writeFileSync(keyFile, 'left over', { mode: 0o644 })
  const database = await openDatabase(':memory:')
  t.after(() => database.destroy())
  const store = kyselyKeyStore(database)
  const text = await makeFirstKey(store, { clock, keyFile })
  assert.equal(readFileSync(keyFile, 'utf8'), `${text}\n`)
  assert.equal(statSync(keyFile).mode & 0o777, 0o600)
  const key = new KeyRing(await store.all()).verify(text ?? '')
  assert.deepEqual([...key.scopes], [...scopes])
  assert.equal(await makeFirstKey(store, { clock, keyFile }), undefined)
})

test('the secret is nowhere in the store, and a scope that is not known is not granted', async (t) => {
  const database = await openDatabase(':memory:')
  t.after(() => database.destroy())
  const store = kyselyKeyStore(database)
  await store.insert({ id: 'a', name: 'n', secretHash: 'ff', scopes: ['predict'], createdAt: 1 })
  await database.updateTable('api_keys').set({ scopes: '["predict","everything"]' }).execute()
  assert.deepEqual(await store.all(), [{ id: 'a', name: 'n', secretHash: 'ff', scopes: ['predict'], createdAt: 1 }])
  await assert.rejects(store.insert({ id: 'a', name: 'n', secretHash: 'ff', scopes: [], createdAt: 1 }))
})
