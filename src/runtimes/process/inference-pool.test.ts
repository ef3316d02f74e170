import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Deadline } from '../../contracts/ports.ts'
import { systemClock } from '../../system.ts'
import { nodeCommand } from '../../processes/command.ts'
import { type InferencePool, type PoolSize, startInferencePool } from './inference-pool.ts'
import type { ProcessSpec } from './inference-process.ts'
import { Launcher } from '../../processes/launcher.ts'

const command = nodeCommand(new URL('./fixtures/moody-model.ts', import.meta.url))
const deps = { launcher: new Launcher(), clock: systemClock, random: () => 0, log: () => {} }
const within = (ms: number): Deadline => ({ at: systemClock.monotonic() + ms, signal: new AbortController().signal })

async function makePool(t: TestContext, size: PoolSize, spec: Partial<ProcessSpec> = {}): Promise<InferencePool> {
  const pool = await startInferencePool({ command, args: () => ({}), ...spec }, size, deps)
  t.after(() => pool.dispose())
  return pool
}
/** Which process answers. */
async function ask(pool: InferencePool, mood = 'pid'): Promise<number | undefined> {
  const [answer] = await pool.call([{ name: mood, shape: [1], data: Float64Array.of(0) }], within(20_000))
  return answer === undefined ? undefined : Number(answer.data[0])
}

test('calls go to the least busy of the workers; a spare answers none while they are up', async (t) => {
  const pool = await makePool(t, { workers: 2, spares: 1 })
  const pids = await Promise.all(Array.from({ length: 8 }, () => ask(pool)))
  assert.deepEqual(new Set(pids), new Set(pool.pids.slice(0, 2)))
  assert.deepEqual([pids.filter((pid) => pid === pids[0]).length, pool.pids.length], [4, 3])
})

test('a spare steps in at once when a worker is gone', async (t) => {
  const pool = await makePool(t, { workers: 1, spares: 1 }, { limits: { backoff: { baseMs: 10_000, capMs: 10_000 } } })
  const [worker, spare] = pool.pids
  process.kill(worker ?? assert.fail('no worker'), 'SIGKILL')
  while (pool.pids.includes(worker ?? 0)) await setImmediate()
  assert.equal(await ask(pool), spare)
})

test('a call that a worker dies of fails at once; when none is left, calls say when to come again', async (t) => {
  const pool = await makePool(t, { workers: 2, spares: 0 }, { limits: { backoff: { baseMs: 10_000, capMs: 10_000 } } })
  for (let left = 2; left > 0; left -= 1) {
    assert.equal(pool.trouble, undefined)
    await assert.rejects(ask(pool, 'exit'), { code: 'worker_crashed' })
    while (pool.pids.length === left) await setImmediate()
  }
  const trouble = /its inference process ended \(.*\) and is started again$/
  assert.match(pool.trouble ?? '', trouble)
  await assert.rejects(ask(pool), { code: 'model_unavailable', message: trouble })
})

test('the memory of a pool is that of all its processes', async (t) => {
  const pool = await makePool(t, { workers: 2, spares: 1 })
  assert.ok(pool.info.rssBytes > 60e6, `${pool.info.rssBytes}`)
})

test('a refusal of any process leaves none behind', async () => {
  let started = 0
  const args = () => ({ refuse: (started += 1) === 3 })
  await assert.rejects(startInferencePool({ command, args }, { workers: 3, spares: 0 }, deps), { code: 'model_verification_failed', message: 'Not today' })
})
