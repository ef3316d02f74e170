import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FolderWatch } from './folder-watch.ts'

const everyMs = 1e9
const settleMs = 200

/** A folder that is watched. `rest` settles when all that happened was told; `looksAfter` says how often it is looked at for what is done then. */
function watched(t: TestContext, { isThere }: { readonly isThere: boolean }) {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  const above = mkdtempSync(join(tmpdir(), 'presage-watch-'))
  t.after(() => rmSync(above, { recursive: true }))
  const dir = join(above, 'models')
  if (isThere) mkdirSync(dir)
  let looks = 0
  const watch = new FolderWatch(dir, everyMs, () => (looks += 1))
  t.after(() => watch.stop())
  watch.start()
  const rest = async (): Promise<void> => {
    for (let turns = 0; turns < 1_000; turns += 1) await setImmediate()
    t.mock.timers.tick(settleMs)
  }
  const looksAfter = async (work: () => void): Promise<number> => {
    await rest()
    const before = looks
    work()
    await rest()
    return looks - before
  }
  return { dir, looksAfter, next: () => t.mock.timers.tick(everyMs) }
}

test('what changes in the folder is looked at once, when it has settled', async (t) => {
  const { dir, looksAfter } = watched(t, { isThere: true })
  const write = (): void => ['model.yaml', 'model.txt'].forEach((name) => writeFileSync(join(dir, name), ''))
  assert.equal(await looksAfter(write), 1)
})

test('a folder that was not there at the start is looked at later, and watched from then on', async (t) => {
  const { dir, looksAfter, next } = watched(t, { isThere: false })
  mkdirSync(dir)
  assert.equal(await looksAfter(next), 1)
  assert.equal(await looksAfter(() => writeFileSync(join(dir, 'model.yaml'), '')), 1)
})

test('a folder that was exchanged for another is watched from the next look on', async (t) => {
  const { dir, looksAfter, next } = watched(t, { isThere: true })
  renameSync(dir, `${dir}-before`)
  mkdirSync(dir)
  assert.equal(await looksAfter(next), 1)
  assert.equal(await looksAfter(() => writeFileSync(join(dir, 'model.yaml'), '')), 1)
  assert.equal(await looksAfter(() => writeFileSync(join(`${dir}-before`, 'model.yaml'), '')), 0)
})
