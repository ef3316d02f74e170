import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('the engine knows every setting that it is given: of one that it does not know it says so and goes on', () => {
  const text = `(await import(${JSON.stringify(new URL('./engine.ts', import.meta.url).href)})).tuneEngine()`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' })
  assert.deepEqual([status, stdout, stderr], [0, '', ''])
})
