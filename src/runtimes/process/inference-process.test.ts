import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { commandOf } from '../../../test/support/command-of.ts'
import { cannotRaise, prioritiesBelow } from '../../../test/support/priority.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { systemClock } from '../../system.ts'
import { nodeCommand } from '../../processes/command.ts'
import { type InferenceProcess, type ProcessDeps, type ProcessSpec, startInferenceProcess } from './inference-process.ts'
import type { ProcessEvent } from './process-event.ts'
import type { Tensor } from './tensor.ts'
import { Launcher } from '../../processes/launcher.ts'
import { processesBelow } from '../../processes/process-tree.ts'

const command = nodeCommand(new URL('./fixtures/moody-model.ts', import.meta.url))
const launcher = new Launcher()
const within = (ms: number): Deadline => ({ at: systemClock.monotonic() + ms, signal: new AbortController().signal })
const call = (under: InferenceProcess, mood: string): Promise<readonly Tensor[]> =>
  under.call([{ name: mood, shape: [2], data: Float64Array.of(1, 2) }], within(20_000))

/** A supervised process with its events; `line` waits until it has printed something. */
async function makeProcess(spec: Partial<ProcessSpec> = {}, deps: Partial<ProcessDeps> = {}) {
  const events = new EventEmitter()
  const printed: string[] = []
  const log: ProcessDeps['log'] = ({ stream, line }) => {
    printed.push(`${stream}: ${line}`)
    events.emit('line', line)
  }
  const onEvent = (event: ProcessEvent): void => void events.emit(event.kind, event)
  const under = await startInferenceProcess({ command, args: () => ({}), ...spec }, { launcher, clock: systemClock, random: () => 0, log, onEvent, ...deps })
  return { under, printed, next: (kind: string) => once(events, kind), [Symbol.asyncDispose]: () => under.dispose() }
}

test('tensors go in and come out', async () => {
  await using made = await makeProcess()
  const tensors: Tensor[] = [
    { name: 'prices', shape: [1, 3], data: Float32Array.of(1.5, Number.NaN, -0) },
    { name: 'counts', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
  ]
  assert.deepEqual(await made.under.call(tensors, within(20_000)), tensors)
  assert.equal(made.under.info?.['mood'], 'fine')
  assert.ok((made.under.info?.rssBytes ?? 0) > 1e7)
})

for (const [mood, why] of [
  ['exit', /connection closed|status 7/],
  ['garble', /malformed/],
  ['invent', /a call that nobody made/],
  ['renounce', /a call that nobody made/],
  ['mumble', /no known kind/],
  ['owe', /no known kind/],
  ['repeat', /it said again that it is ready/],
] as const) {
  test(`a model that does "${mood}" in a call costs its process, not the server: the next process answers`, async () => {
    await using made = await makeProcess()
    const ready = made.next('ready')
    await assert.rejects(call(made.under, mood), { name: 'ServingError', code: 'worker_crashed', message: why })
    await ready
    assert.equal((await call(made.under, 'calm'))[0]?.name, 'calm')
  })
}

test('how a process died is told with the wait before its restart', async () => {
  await using made = await makeProcess()
  const ended = made.next('ended')
  await assert.rejects(call(made.under, 'exit'))
  const [event] = (await ended) as [ProcessEvent & { kind: 'ended' }]
  assert.match(event.reason, /status 7/)
  assert.equal(event.retryAfterMs, 25)
})

test('a program that the machine refuses, or that ends at once, is told as that, however many are started at a time', async () => {
  for (const [file, args, why] of [
    [`${process.execPath}/program`, [], /the machine could not start it \(spawn ENOTDIR\)/],
    ['/bin/sh', ['-c', 'exit 3'], /connection closed|it exited with status 3/],
  ] as const) {
    const starts = Array.from({ length: 6 }, () => makeProcess({ command: { file, args, env: {} } }))
    // All at once: one that waits for its turn is a rejection that nobody holds.
    await Promise.all(starts.map((start) => assert.rejects(start, { code: 'worker_crashed', message: why })))
  }
})

test('where the process that starts processes dies, the model is started again by a new one', async () => {
  await using made = await makeProcess()
  const [ended, ready] = [made.next('ended'), made.next('ready')]
  process.kill(launcher.pid ?? assert.fail('there is no launcher'), 'SIGKILL')
  const [event] = (await ended) as [ProcessEvent & { kind: 'ended' }]
  assert.match(event.reason, /connection closed|had started it ended/)
  await ready
  assert.equal((await call(made.under, 'calm'))[0]?.name, 'calm')
})

test('a load gives way to all that answers until it is told otherwise, a restart until it is ready', { skip: cannotRaise }, async () => {
  // It is not looked at meanwhile: where others leave it nothing, it would not give way for long.
  await using made = await makeProcess({ limits: { heartbeatMs: 60_000 } })
  const own = getPriority()
  const behind = Math.min(own + 10, 19)
  const priorities = () => new Set(prioritiesBelow(made.under.pid ?? assert.fail('no process')))
  await call(made.under, 'calm')
  assert.deepEqual([...priorities()], [behind])
  await made.under.promote()
  assert.deepEqual([...priorities()], [own])
  for (const restart of [true, false]) {
    assert.equal(made.under.info?.['priority'], behind)
    while (!isDeepStrictEqual([...priorities()], [own])) await setImmediate()
    const ready = made.next('ready')
    if (restart) await Promise.all([ready, assert.rejects(call(made.under, 'exit'))])
  }
})

test('a load that does not come to an end behind the others gives way for a quarter of its time', { skip: cannotRaise }, async (t) => {
  const own = getPriority()
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const starting = makeProcess({ args: () => ({ untilPriority: own }), limits: { startMs: 8_000 } })
  t.mock.timers.tick(2_000)
  await using made = await starting
  assert.ok(made.under.isUp)
})

test('a load to which others leave nothing gives way no longer', { skip: cannotRaise, timeout: 60_000 }, async (t) => {
  const own = getPriority()
  const apart = new Launcher()
  t.after(() => apart.close())
  const starting = makeProcess({ args: () => ({ untilPriority: own }), limits: { heartbeatMs: 200, startMs: 600_000 } }, { launcher: apart })
  // What starts it first tries on a program whether priorities can be raised.
  const worker = (): number | undefined => [...processesBelow(apart.pid ?? 0)].find((pid) => commandOf(pid).includes('moody-model'))
  while (worker() === undefined) await setImmediate()
  const pid = worker() ?? assert.fail('it ended')
  process.kill(pid, 'SIGSTOP')
  while (prioritiesBelow(pid).some((priority) => priority !== own)) await setImmediate()
  process.kill(pid, 'SIGCONT')
  await using made = await starting
  assert.ok(made.under.isUp)
})

test('waits grow with every death, and begin anew after a steady time', async () => {
  let shift = 0
  const clock = { now: () => 0, monotonic: () => systemClock.monotonic() + shift }
  await using made = await makeProcess({ limits: { backoff: { baseMs: 4, capMs: 1_000 } } }, { clock })
  const deadline = (): Deadline => ({ at: clock.monotonic() + 20_000, signal: new AbortController().signal })
  const waits: number[] = []
  for (const later of [0, 0, 0, 100_000]) {
    shift += later
    const [ended, ready] = [made.next('ended'), made.next('ready')]
    await assert.rejects(made.under.call([{ name: 'exit', shape: [0], data: new Float32Array(0) }], deadline()))
    waits.push(((await ended) as [ProcessEvent & { kind: 'ended' }])[0].retryAfterMs)
    await ready
  }
  assert.deepEqual(waits, [2, 4, 8, 2])
})

test('an error in a call is its answer, and the process goes on', async () => {
  await using made = await makeProcess()
  const { pid } = made.under
  await assert.rejects(call(made.under, 'throw'), { name: 'ServingError', code: 'internal', message: 'division by zero' })
  await call(made.under, 'calm')
  assert.equal(made.under.pid, pid)
})

test('a call for whose message there is no memory is refused with what to do, and the process goes on', async () => {
  await using made = await makeProcess()
  // Of all lengths, one below nothing is what every machine refuses to allocate.
  const data = Object.defineProperty(new Float64Array(1), 'byteLength', { value: -4_096 })
  await assert.rejects(made.under.call([{ name: 'vast', shape: [1], data }], within(20_000)), {
    name: 'ServingError',
    code: 'overloaded',
    message: /^There is no memory to send the rows to the model now \(.*\); ask again$/,
  })
  assert.equal((await call(made.under, 'calm'))[0]?.name, 'calm')
  assert.equal(made.under.waiting, 0)
})

test('Ctrl-C in a terminal and a service that is to end, which reach every process, leave the calls that go on to the server', async () => {
  await using made = await makeProcess()
  const pid = made.under.pid ?? assert.fail('no process')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.kill(pid, signal)
    assert.equal((await call(made.under, 'calm'))[0]?.name, 'calm')
  }
  assert.equal(made.under.pid, pid)
})

test('a process that is stopped is noticed by its heartbeat although nobody calls it, and replaced', async () => {
  await using made = await makeProcess({ limits: { heartbeatMs: 20, graceMs: 200 } })
  const [ended, ready] = [made.next('ended'), made.next('ready')]
  process.kill(made.under.pid ?? assert.fail('no process'), 'SIGSTOP')
  const [event] = (await ended) as [ProcessEvent & { kind: 'ended' }]
  assert.match(event.reason, /no answer within 200 ms/)
  await ready
  assert.equal((await call(made.under, 'calm'))[0]?.name, 'calm')
})

test('the memory of a process is that of its last heartbeat', async () => {
  await using made = await makeProcess({ limits: { heartbeatMs: 10 } })
  const before = made.under.info?.rssBytes ?? 0
  await call(made.under, 'grow')
  while ((made.under.info?.rssBytes ?? 0) < before + 40e6) await setImmediate()
})

for (const [why, limits, mood] of [
  ['it has answered 3 calls', { recycleCalls: 3 }, 'calm'],
  ['it has grown to', { recycleBytes: 150e6, heartbeatMs: 10 }, 'grow'],
] as const) {
  test(`a process is replaced once ${why}…; it answers until the fresh one is ready, and no call fails`, async () => {
    await using made = await makeProcess({ limits })
    const { pid } = made.under
    const next = made.next('recycled')
    for (let calls = 0; made.under.pid === pid; calls += 1) {
      assert.ok(calls < 5_000, 'it was not replaced')
      await call(made.under, mood)
      await setImmediate()
    }
    const [recycled] = (await next) as [ProcessEvent & { kind: 'recycled' }]
    assert.deepEqual([recycled.pid, recycled.cause, recycled.reason.startsWith(why)], [pid, mood === 'calm' ? 'calls' : 'memory', true])
    await call(made.under, 'calm')
  })
}

test('where no fresh process can take over the old one answers on, and the next is tried after a growing wait', async () => {
  const kept: (ProcessEvent & { kind: 'kept' })[] = []
  const onEvent = (event: ProcessEvent): void => void (event.kind === 'kept' && kept.push(event))
  const args = (first: unknown) => ({ refuse: first !== undefined })
  await using made = await makeProcess({ args, limits: { recycleCalls: 1, backoff: { baseMs: 4, capMs: 1_000 } } }, { onEvent })
  const { pid } = made.under
  while (kept.length < 3) await call(made.under, 'calm')
  assert.deepEqual(
    kept.map(({ cause, failure, retryAfterMs }) => [cause, failure, retryAfterMs]),
    [2, 4, 8].map((waitMs) => ['calls', 'Not today', waitMs]),
  )
  assert.equal(made.under.pid, pid)
})

test('a process that takes more once it is loaded than it is replaced at is refused with both numbers', async () => {
  const message = /^The process of the loaded model takes \d\d+ MiB, limits\.memory .+ allows 5 MiB: allow it more$/
  await assert.rejects(makeProcess({ limits: { recycleBytes: 5 << 20 } }), { code: 'model_memory_exceeded', message })
})

test('what a model prints reaches the log and cannot break the protocol', async () => {
  await using made = await makeProcess()
  assert.equal((await call(made.under, 'print')).length, 1)
  while (made.printed.length < 2) await made.next('line')
  assert.deepEqual(made.printed, ['stdout: hello from the model', 'stdout: and from its second line'])
})

test('a model that chatters is cut to 100 lines a second, and what was dropped is said', async () => {
  await using made = await makeProcess()
  const begin = performance.now()
  await call(made.under, 'chatter')
  while (!made.printed.some((line) => line.endsWith('more lines were dropped)'))) await call(made.under, 'chatter')
  // The seconds are those of the clock of the process that reads what is printed: the first and the last are seen in part.
  const seconds = Math.floor((performance.now() - begin) / 1_000) + 2
  const shown = made.printed.filter((line) => line === 'stderr: noise').length
  assert.ok(shown >= 100 && shown <= 100 * seconds, `${shown} lines in at most ${seconds} seconds`)
})

test('a load whose words are too long to send is refused, and costs nobody else anything', async () => {
  await assert.rejects(makeProcess({ args: () => ({ features: 'x'.repeat(2 << 20) }) }), { code: 'batch_too_large' })
})

test('unloading ends the process that is being replaced as well, with the calls that it owes', async () => {
  const made = await makeProcess({ limits: { recycleCalls: 2 } })
  const pid = made.under.pid ?? assert.fail('no process')
  const recycled = made.next('recycled')
  process.kill(pid, 'SIGSTOP')
  const owed = [call(made.under, 'calm'), call(made.under, 'calm')].map((each) => assert.rejects(each, { code: 'model_unavailable' }))
  await recycled
  await made.under.dispose()
  await Promise.all(owed)
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('a refused load is told to the caller, a death in it as well', async () => {
  await assert.rejects(makeProcess({ args: () => ({ refuse: true }) }), { code: 'model_verification_failed', message: 'Not today' })
  await assert.rejects(makeProcess({ args: () => ({ refuse: 'crash' }) }), { code: 'worker_crashed' })
  await assert.rejects(makeProcess({ command: nodeCommand(new URL('./fixtures/absent.ts', import.meta.url)) }), { code: 'worker_crashed' })
})
