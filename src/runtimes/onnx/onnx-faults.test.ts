import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gone, makeModel, modelPath, within } from '../../../test/golden/onnx/model-under-test.ts'

/** The `spin` model computes as many rounds as the largest value of its rows: these are days. */
const forEver = Float64Array.of(1e15, 0)
const row = Float64Array.of(0.5, 0.25)
const spin = { path: modelPath('spin') }

// The process that starts the others stays: it is there before anything is counted.
before(async () => (await makeModel()).model.dispose())

test('a process killed in the middle of calls fails them all at once, and the next call after its restart is answered', async () => {
  await using under = await makeModel(spin)
  const { model } = under
  const first = model.pids[0] as number
  const calls = [model.predict(forEver, 1, within(60_000)), model.predict(row, 1, within(60_000))]
  const restarted = under.next('ready')
  process.kill(first, 'SIGKILL')
  for (const call of await Promise.allSettled(calls)) assert.equal((call as PromiseRejectedResult).reason.code, 'worker_crashed')
  const { pid } = await restarted
  assert.notEqual(pid, first)
  assert.deepEqual(await model.predict(row, 1, within(20_000)), row)
})

test('a process that takes the place of another computes at the batch sizes that the first one proved', async () => {
  await using under = await makeModel()
  const { shapes } = under.model.info
  const restarted = under.next('ready')
  process.kill(under.model.pids[0] as number, 'SIGKILL')
  await restarted
  // One that had tried them out itself would have measured other times.
  assert.deepEqual(under.model.info.shapes, shapes)
  assert.ok(shapes.length > 1)
})

test('a process that is stopped misses the deadline, is ended after the grace and started again', async () => {
  await using under = await makeModel({ limits: { graceMs: 50 } })
  const { model } = under
  const [ended, restarted] = [under.next('ended'), under.next('ready')]
  process.kill(model.pids[0] as number, 'SIGSTOP')
  await assert.rejects(model.predict(row, 1, within(20)), { code: 'deadline_exceeded' })
  assert.match((await ended).reason, /no answer within 50 ms/)
  await restarted
  assert.deepEqual(await model.predict(row, 1, within(20_000)), row)
})

test('a computation that does not end is given up at its deadline and its process ended', async () => {
  await using under = await makeModel({ ...spin, limits: { graceMs: 50 } })
  const { model } = under
  const first = model.pids[0] as number
  const restarted = under.next('ready')
  await assert.rejects(model.predict(forEver, 1, within(100)), { code: 'deadline_exceeded' })
  await gone(first)
  await restarted
  assert.deepEqual(await model.predict(row, 1, within(20_000)), row)
})

test('a call behind a slow one misses its own deadline alone: the process goes on', async () => {
  await using under = await makeModel({ ...spin, limits: { graceMs: 20_000 } })
  const { model } = under
  const first = model.pids[0]
  const slow = model.predict(Float64Array.of(200_000, 0), 1, within(60_000))
  await assert.rejects(model.predict(row, 1, within(1)), { code: 'deadline_exceeded' })
  assert.deepEqual(await slow, Float64Array.of(200_000, 0))
  assert.deepEqual(await model.predict(row, 1, within(20_000)), row)
  assert.equal(model.pids[0], first)
})

test('a call whose signal aborts is given up at once, and the process goes on', async () => {
  await using under = await makeModel()
  const { model } = under
  const pid = model.pids[0] as number
  const leaving = new AbortController()
  process.kill(pid, 'SIGSTOP')
  const call = model.predict(row, 1, within(60_000, leaving.signal))
  leaving.abort()
  await assert.rejects(call, { code: 'deadline_exceeded' })
  process.kill(pid, 'SIGCONT')
  assert.deepEqual(await model.predict(row, 1, within(20_000)), row)
  assert.equal(model.pids[0], pid)
  await assert.rejects(model.predict(row, 1, within(20_000, leaving.signal)), { code: 'deadline_exceeded' })
  await assert.rejects(model.predict(row, 1, within(-1)), { code: 'deadline_exceeded' })
})

test('beyond its queue a model is overloaded; those that wait are answered', async () => {
  await using under = await makeModel({ limits: { maxCalls: 2 } })
  const { model } = under
  process.kill(model.pids[0] as number, 'SIGSTOP')
  const waiting = [model.predict(row, 1, within(60_000)), model.predict(row, 1, within(60_000))]
  await assert.rejects(
    model.predict(row, 1, within(60_000)),
    (error: { code: string; retryAfterMs: number }) => error.code === 'overloaded' && error.retryAfterMs > 0,
  )
  process.kill(model.pids[0] as number, 'SIGCONT')
  assert.deepEqual(await Promise.all(waiting), [row, row])
})

test('a hundred calls at once get each its own answer', async () => {
  await using under = await makeModel()
  const rows = Array.from({ length: 100 }, (_, at) => Float64Array.of(at, -at))
  assert.deepEqual(await Promise.all(rows.map((each) => under.model.predict(each, 1, within(30_000)))), rows)
})

test('rows beyond the frame limit are refused, the process goes on', async () => {
  await using under = await makeModel()
  const rows = 9 << 20
  await assert.rejects(under.model.predict(new Float64Array(2 * rows), rows, within(60_000)), { code: 'batch_too_large' })
  assert.deepEqual(await under.model.predict(row, 1, within(20_000)), row)
})

test('while the process is down, calls fail at once and say when to come back', async () => {
  await using under = await makeModel({ limits: { backoff: { baseMs: 600_000, capMs: 600_000 } } })
  const ended = under.next('ended')
  process.kill(under.model.pids[0] as number, 'SIGKILL')
  assert.equal((await ended).retryAfterMs, 300_000)
  assert.equal(under.model.pids[0], undefined)
  await assert.rejects(under.model.predict(row, 1, within(1_000)), (error: { code: string; retryAfterMs: number; message: string }) => {
    assert.equal(error.code, 'model_unavailable')
    assert.match(error.message, /SIGKILL/)
    return error.retryAfterMs > 290_000 && error.retryAfterMs < 310_000
  })
})

test('a restart insists on the bytes of the first load, and tries again until they are back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'presage-onnx-'))
  const path = join(folder, 'model.onnx')
  await copyFile(modelPath('identity'), path)
  await using under = await makeModel({ path, limits: { backoff: { baseMs: 1, capMs: 2 } } })
  await copyFile(modelPath('spin'), path)
  const ended = under.next('ended')
  process.kill(under.model.pids[0] as number, 'SIGKILL')
  await ended
  assert.match((await under.next('ended')).reason, /SHA-256 differs/)
  const ready = under.next('ready')
  await copyFile(modelPath('identity'), path)
  await ready
  assert.deepEqual(await under.model.predict(row, 1, within(20_000)), row)
  await rm(folder, { recursive: true })
})

/** Sockets and pipes that this process holds. */
async function channels(): Promise<number> {
  const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return links.filter((link) => /^(socket|pipe):/.test(link)).length
}

test('dispose leaves no process, no socket, and fails what comes later', async () => {
  const held = await channels()
  const under = await makeModel()
  const pid = under.model.pids[0] as number
  assert.equal(await channels(), held + 1)
  const waiting = assert.rejects(under.model.predict(row, 1, within(20_000)), { code: 'model_unavailable' })
  await Promise.all([under.model.dispose(), under.model.dispose(), waiting])
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  assert.equal(await channels(), held)
  await assert.rejects(under.model.predict(row, 1, within(1_000)), { code: 'model_unavailable' })
})

test('a refused load leaves no process and no socket', async () => {
  const held = await channels()
  await assert.rejects(makeModel({ path: modelPath('zipmap'), inputs: 3 }))
  assert.equal(await channels(), held)
})

test('a load that is given up or takes too long ends its process', async () => {
  const held = await channels()
  await assert.rejects(makeModel({ limits: { startMs: 1 } }), { code: 'model_unavailable', message: /not ready 1 ms after/ })
  await assert.rejects(makeModel({ signal: AbortSignal.abort() }), { code: 'deadline_exceeded' })
  assert.equal(await channels(), held)
})

test('the process gets an empty environment and nothing of the server', async () => {
  await using under = await makeModel()
  assert.equal(await readFile(`/proc/${under.model.pids[0]}/environ`, 'utf8'), '')
  assert.equal(await readlink(`/proc/${under.model.pids[0]}/cwd`), '/')
})

test('when the server is killed while a model computes without end, the process of the model ends too', async () => {
  const server = spawn(process.execPath, [fileURLToPath(new URL('../../../test/golden/onnx/server-to-kill.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  server.kill('SIGKILL')
  await gone(Number(line.toString()))
})
