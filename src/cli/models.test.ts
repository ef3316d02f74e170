import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { registerModels } from './models.ts'

const momentum = fileURLToPath(new URL('../../examples/models/momentum/1.2.3', import.meta.url))

test('models check refuses a bundle whose folder is not its name and version, as the server does', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-check-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'Other', '1.2.3')
  cpSync(momentum, path, { recursive: true })
  const told = t.mock.method(console, 'error', () => {})
  t.after(() => (process.exitCode = 0))
  const program = new Command()
  registerModels(program)
  await program.parseAsync(['models', 'check', path], { from: 'user' })
  assert.match(String(told.mock.calls[0]?.arguments[0]), /Other\/1\.2\.3: model\.yaml says momentum 1\.2\.3; the folder must be momentum\/1\.2\.3$/)
  assert.equal(process.exitCode, 1)
})
