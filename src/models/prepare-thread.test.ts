import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { loadedPackages } from '../../test/support/loaded-packages.ts'
import type { ManifestFile } from './manifest-file.ts'
import { PrepareThread } from './prepare-thread.ts'
import { readManifest } from './read-manifest.ts'

const folder = (version: string): string => new URL(`../../examples/models/momentum/${version}`, import.meta.url).pathname
const bundle = (version: string): ManifestFile => readManifest(folder(version))
const never = new AbortController().signal
const given = { code: 'deadline_exceeded', message: /given up/ }

const own = 'threads have priorities of their own on Linux only'
test('the thread gives way to this one: it alone has a lower priority', { skip: process.platform !== 'linux' && own }, async () => {
  await new PrepareThread().prepare(bundle('1.2.3'), never)
  const lower = readdirSync('/proc/self/task').filter((task) => getPriority(Number(task)) > getPriority(process.pid))
  assert.equal(lower.length, 1)
})

test('so it does in a server that was started with a low priority itself', { skip: process.platform !== 'linux' && own }, () => {
  const [thread, manifests] = ['./prepare-thread.ts', './read-manifest.ts'].map((file) => JSON.stringify(new URL(file, import.meta.url).href))
  const text = `
    import { getPriority, setPriority } from 'node:os'
    import { readdirSync } from 'node:fs'
    import { PrepareThread } from ${thread}
    import { readManifest } from ${manifests}
    setPriority(15)
    await new PrepareThread().prepare(readManifest(${JSON.stringify(folder('1.2.3'))}), new AbortController().signal)
    console.log(readdirSync('/proc/self/task').map((task) => getPriority(Number(task))).filter((priority) => priority > 15).join())
    process.exit(0)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 60_000 })
  assert.equal(stdout, '19\n', stderr)
})

test('bundles are prepared in the order in which they were asked for, each with its own answer', async () => {
  const thread = new PrepareThread()
  const order: string[] = []
  const asked = [bundle('1.2.2'), { ...bundle('1.2.2'), dir: folder('none') }, bundle('1.2.3')].map((file) =>
    thread.prepare(file, never).then(
      ({ manifest }) => order.push(manifest.version),
      (error: { code: string }) => order.push(error.code),
    ),
  )
  await Promise.all(asked)
  assert.deepEqual(order, ['1.2.2', 'model_verification_failed', '1.2.3'])
})

test('a bundle that is given up, waiting or under way, holds up no other', async () => {
  const thread = new PrepareThread()
  const [first, second] = [new AbortController(), new AbortController()]
  const underWay = thread.prepare(bundle('1.2.2'), first.signal)
  const waiting = thread.prepare(bundle('1.2.2'), second.signal)
  const wanted = thread.prepare(bundle('1.2.3'), never)
  second.abort()
  await assert.rejects(waiting, given)
  first.abort()
  await assert.rejects(underWay, given)
  assert.equal((await wanted).manifest.version, '1.2.3')
})

test('what is given up before it is asked for is refused, and the thread serves on', async () => {
  const thread = new PrepareThread()
  await assert.rejects(thread.prepare(bundle('1.2.3'), AbortSignal.abort()), given)
  assert.equal((await thread.prepare(bundle('1.2.3'), never)).manifest.version, '1.2.3')
})

test('the thread loads no package: a schema compiler alone would be most of its start', () => {
  assert.deepEqual(loadedPackages('src/models/prepare-worker.ts'), [])
})
