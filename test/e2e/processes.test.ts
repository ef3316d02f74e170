import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { descendants } from '../support/descendants.ts'
import { startServer } from './support/start-server.ts'

const skip = process.platform !== 'linux' && 'processes are looked at in /proc'

test('a server that was stopped has given back every process that it had started', { skip }, async (t) => {
  const before = descendants()
  const { stop } = await startServer(t)
  assert.ok(descendants().length > before.length)
  assert.equal(await stop(), true)
  assert.deepEqual(descendants(), before)
})

test('a server that cannot be put together says why, and leaves no process', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-e2e-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file'), '')
  const before = descendants()
  const why = { code: 'store_unavailable', message: /The metadata store cannot be opened: ENOTDIR/ }
  await assert.rejects(startServer(t, { 'data.dir': join(folder, 'file', 'data') }), why)
  assert.deepEqual(descendants(), before)
})
