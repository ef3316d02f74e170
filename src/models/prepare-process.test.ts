import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { commandOf } from '../../test/support/command-of.ts'
import { loadedPackages } from '../../test/support/loaded-packages.ts'
import { policyOf } from '../../test/support/priority.ts'
import { Launcher } from '../processes/launcher.ts'
import { processorMs } from '../processes/process-tree.ts'
import type { OutputLine } from '../processes/output-lines.ts'
import type { ManifestFile } from './manifest-file.ts'
import { readingOf } from './manifest-reading.ts'
import { prepareBundle } from './prepare-bundle.ts'
import { PrepareProcess } from './prepare-process.ts'
import { readManifest } from './read-manifest.ts'

const folder = (version: string): string => new URL(`../../examples/models/momentum/${version}`, import.meta.url).pathname
const bundle = (version: string): ManifestFile => readManifest(folder(version))
const never = { signal: new AbortController().signal }
const urgently = { ...never, isUrgent: () => true }
const given = { code: 'deadline_exceeded', message: /given up/ }
/** SCHED_IDLE. What has a share has the launcher's policy. */
const idle = 5

type Subject = { readonly preparation: PrepareProcess; readonly launcher: Launcher }
function make(t: TestContext, whenLate?: (act: () => void, ms: number) => NodeJS.Timeout, log: (line: OutputLine) => void = () => {}): Subject {
  const launcher = new Launcher()
  const preparation = new PrepareProcess(launcher, log, whenLate)
  t.after(() => preparation.rest())
  return { preparation, launcher }
}

const children = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((each) => each !== '')
    .map(Number)

test('a bundle comes out of the process as it would out of this one', async (t) => {
  const prepared = await make(t).preparation.prepare(bundle('1.2.3'), never)
  assert.deepEqual(prepared, prepareBundle(bundle('1.2.3')))
})

test('a manifest is read in the process as it would be in this one, and its faults too', async (t) => {
  const { preparation } = make(t)
  const dir = folder('1.2.3')
  const bytes = readFileSync(`${dir}/model.yaml`)
  for (const text of [bytes, Buffer.from('schema: 2'), Buffer.from(bytes.toString().replace('1.2.3', '1.2.4'))])
    assert.deepEqual(await preparation.read({ dir, bytes: text }, never), readingOf(dir, text))
  assert.equal((await preparation.prepare(bundle('1.2.3'), never)).manifest.version, '1.2.3')
})

const linux = process.platform !== 'linux' && 'processes are looked at in /proc'
const neverLate = (): NodeJS.Timeout => setTimeout(() => {}, 0)
test('the process gives way to this one with all of its threads', { skip: linux }, async (t) => {
  const { preparation, launcher } = make(t, neverLate)
  await preparation.prepare(bundle('1.2.3'), never)
  const [pid] = children(launcher.pid as number)
  const priorities = readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)))
  assert.ok(priorities.length > 1)
  assert.deepEqual(new Set(priorities), new Set([Math.min(19, getPriority() + 10)]))
  if (existsSync('/usr/bin/chrt')) assert.equal(policyOf(pid as number), idle)
})

test('bundles are prepared in the order in which they were asked for, each with its own answer', async (t) => {
  const { preparation } = make(t)
  const order: string[] = []
  const asked = [bundle('1.2.2'), { ...bundle('1.2.2'), dir: folder('none') }, bundle('1.2.3')].map((file) =>
    preparation.prepare(file, never).then(
      ({ manifest }) => order.push(manifest.version),
      (error: { code: string }) => order.push(error.code),
    ),
  )
  await Promise.all(asked)
  assert.deepEqual(order, ['1.2.2', 'model_verification_failed', '1.2.3'])
})

test('a bundle that is given up, waiting or under way, holds up no other', async (t) => {
  const { preparation } = make(t)
  const [first, second] = [new AbortController(), new AbortController()]
  const underWay = preparation.prepare(bundle('1.2.2'), first)
  const waiting = preparation.prepare(bundle('1.2.2'), second)
  const wanted = preparation.prepare(bundle('1.2.3'), never)
  second.abort()
  await assert.rejects(waiting, given)
  first.abort()
  await assert.rejects(underWay, given)
  assert.equal((await wanted).manifest.version, '1.2.3')
})

test('what is given up before it is asked for is refused, and the process serves on', async (t) => {
  const { preparation } = make(t)
  await assert.rejects(preparation.prepare(bundle('1.2.3'), { signal: AbortSignal.abort() }), given)
  assert.equal((await preparation.prepare(bundle('1.2.3'), never)).manifest.version, '1.2.3')
})

test('a process that dies fails the bundle that it was at, and the next one has another', { skip: linux }, async (t) => {
  const { preparation, launcher } = make(t)
  await preparation.prepare(bundle('1.2.3'), never)
  const [pid] = children(launcher.pid as number)
  process.kill(pid as number, 'SIGSTOP')
  const lost = assert.rejects(preparation.prepare(bundle('1.2.2'), never), {
    code: 'model_unavailable',
    message: /the loading process ended without an answer \(signal SIGKILL ended it\)/,
  })
  const next = preparation.prepare(bundle('1.2.3'), never)
  process.kill(pid as number, 'SIGKILL')
  await lost
  assert.equal((await next).manifest.version, '1.2.3')
  assert.notEqual(children(launcher.pid as number)[0], pid)
})

test('what a process says before it dies is told', async (t) => {
  const lines: string[] = []
  const { preparation } = make(t, undefined, ({ line }) => void lines.push(line))
  const { manifest, ...file } = bundle('1.2.3')
  const tooLong = preparation.prepare({ ...file, manifest: { ...manifest, name: 'x'.repeat(65 << 20) } }, never)
  await assert.rejects(tooLong, { code: 'model_unavailable', message: /exited with status 1/ })
  while (!lines.some((line) => /RangeError: a value of \d+ bytes/.test(line))) await setImmediate()
})

test(
  'a bundle for which others leave nothing is begun again by a process with a share of its own, which stays for those that follow',
  { skip: linux },
  async (t) => {
    let late = (): void => {}
    const waits: number[] = []
    const { preparation, launcher } = make(t, (act, ms) => {
      late = act
      waits.push(ms)
      return setTimeout(() => {}, 0)
    })
    launcher.serve()
    await preparation.prepare(bundle('1.2.2'), never)
    const [patient] = children(launcher.pid as number)
    process.kill(patient as number, 'SIGSTOP')
    const wanted = preparation.prepare(bundle('1.2.3'), never)
    late()
    const hurried = (): number | undefined => children(launcher.pid as number).find((pid) => pid !== patient)
    while (!commandOf(hurried()).startsWith(process.execPath) || !commandOf(hurried()).includes('prepare-child')) await setImmediate()
    assert.equal(policyOf(hurried() as number), policyOf(launcher.pid as number))
    assert.equal((await wanted).manifest.version, '1.2.3')
    assert.equal(existsSync(`/proc/${patient}`), false)
    await preparation.prepare(bundle('1.2.2'), never)
    assert.deepEqual(waits, [1_000, 1_000, 600_000, 600_000])
  },
)

test('a process to which others leave enough goes on, until they leave nothing', { skip: linux, timeout: 60_000 }, async (t) => {
  let look = (): void => {}
  const waits: number[] = []
  const { preparation, launcher } = make(t, (act, ms) => {
    look = act
    waits.push(ms)
    return neverLate()
  })
  const wanted = preparation.prepare(bundle('1.2.3'), never)
  const child = (): number => children(launcher.pid as number)[0] as number
  while (launcher.pid === undefined || !((processorMs(child()) ?? 0) >= 250)) await setImmediate()
  const patient = child()
  process.kill(patient, 'SIGSTOP')
  look()
  assert.deepEqual([child(), waits], [patient, [1_000, 1_000]])
  look()
  assert.equal((await wanted).manifest.version, '1.2.3')
  assert.equal(waits.at(-1), 600_000)
})

test('a process that has a share of its own already is left with its bundle for ten minutes', { skip: linux }, async (t) => {
  const waits: number[] = []
  const { preparation, launcher } = make(t, (_, ms) => {
    waits.push(ms)
    return neverLate()
  })
  preparation.start()
  for (const version of ['1.2.2', '1.2.3']) await preparation.prepare(bundle(version), never)
  assert.deepEqual([waits, children(launcher.pid as number).map(policyOf)], [[600_000, 600_000], [policyOf(launcher.pid as number)]])
  preparation.serve()
  await preparation.prepare(bundle('1.2.3'), never)
  assert.equal(waits.at(-1), 1_000, 'what is loaded after the start is left to what others leave')
})

test('a bundle that a request waits for has a share of the processors, and one that can wait gives way again', { skip: linux }, async (t) => {
  const { preparation, launcher } = make(t, neverLate)
  const policyAfter = async (wanted: typeof urgently | typeof never): Promise<number> => {
    await preparation.prepare(bundle('1.2.2'), wanted)
    return policyOf(children(launcher.pid as number).at(-1) as number)
  }
  const seen = [await policyAfter(urgently), await policyAfter(urgently), await policyAfter(never)]
  const launchers = policyOf(launcher.pid as number)
  assert.deepEqual(seen, [launchers, launchers, existsSync('/usr/bin/chrt') ? idle : launchers])
  const [patient] = children(launcher.pid as number)
  await policyAfter(urgently)
  assert.deepEqual(children(launcher.pid as number), [patient], 'one that is there already is not started anew')
})

test('a bundle that comes to no end with a share of its own either is refused, and holds up no other', { skip: linux }, async (t) => {
  let late = (): void => {}
  const { preparation, launcher } = make(t, (act) => {
    late = act
    return setTimeout(() => {}, 0)
  })
  preparation.start()
  await preparation.prepare(bundle('1.2.2'), never)
  process.kill(children(launcher.pid as number)[0] as number, 'SIGSTOP')
  const endless = preparation.prepare(bundle('1.2.2'), never)
  const next = preparation.prepare(bundle('1.2.3'), never)
  late()
  await assert.rejects(endless, { code: 'model_unavailable', message: /was not read within 10 min/ })
  assert.equal((await next).manifest.version, '1.2.3')
})

test('signals that reach every process, as Ctrl-C in a terminal, are left to the server', { skip: linux }, async (t) => {
  const { preparation, launcher } = make(t)
  await preparation.prepare(bundle('1.2.2'), never)
  const [pid] = children(launcher.pid as number)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.kill(pid as number, signal)
    assert.equal((await preparation.prepare(bundle('1.2.3'), never)).manifest.version, '1.2.3')
  }
})

test('it ends when it is to rest, and is started again by the next bundle', { skip: linux }, async (t) => {
  const { preparation, launcher } = make(t)
  await preparation.prepare(bundle('1.2.3'), never)
  const [first] = children(launcher.pid as number)
  preparation.rest()
  assert.equal((await preparation.prepare(bundle('1.2.3'), never)).manifest.version, '1.2.3')
  assert.ok(!children(launcher.pid as number).includes(first as number))
})

test('the process loads no package: a schema compiler alone would be most of its start', () => {
  assert.deepEqual(loadedPackages('src/models/prepare-bundle.ts'), [])
})
