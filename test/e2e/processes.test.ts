import assert from 'node:assert/strict'
import { test } from 'node:test'
import { descendants } from '../support/descendants.ts'
import { startServer } from './support/start-server.ts'

test(
  'a server that was stopped has given back every process that it had started',
  { skip: process.platform !== 'linux' && 'processes are looked at in /proc' },
  async (t) => {
    const before = descendants()
    const { stop } = await startServer(t)
    assert.ok(descendants().length > before.length)
    assert.equal(await stop(), true)
    assert.deepEqual(descendants(), before)
  },
)
