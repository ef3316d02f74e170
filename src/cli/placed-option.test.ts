import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Command } from 'commander'
import { withPlace } from './placed-option.ts'

test('a place is the one that the line names, or else that of the settings', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'placed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'mine.yaml')
  writeFileSync(file, 'data: { dir: /srv/var }\nmodels: { dir: /srv/models }\nfeatures: { dir: /srv/sets }\n')
  const placesOf = async (...words: string[]): Promise<object> => {
    const command = new Command().option('--config <file>').action(() => {})
    for (const place of ['models', 'sets', 'history', 'keyFile'] as const) withPlace(command, place, 'a place')
    return (await command.parseAsync(words, { from: 'user' })).opts()
  }
  const mine = { config: file, models: '/srv/models', sets: '/srv/sets', history: '/srv/var/history', keyFile: '/srv/var/admin.key' }
  assert.deepEqual(await placesOf('--config', file), mine)
  assert.deepEqual(await placesOf('--config', file, '--sets', 'mine', '--key-file', 'key'), { ...mine, sets: 'mine', keyFile: 'key' })
})
