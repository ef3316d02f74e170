import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { constants, getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { artefactOf } from '../../../test/support/plain-artefact.ts'
import { bubblewrapOrSkip } from '../../../test/support/bubblewrap.ts'
import { descendants } from '../../../test/support/descendants.ts'
import { cannotRaise, prioritiesBelow } from '../../../test/support/priority.ts'
import { isRunning } from '../../../test/support/is-running.ts'
import { pythonOrSkip } from '../../../test/support/python.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import { systemClock } from '../../system.ts'
import type { Command } from '../../processes/command.ts'
import type { OutputLine } from '../../processes/output-lines.ts'
import { HeardSizes } from '../process/fixtures/heard-sizes.ts'
import type { ArtefactSpec } from '../runtime.ts'
import { PythonRuntime, type PythonSettings } from './python-runtime.ts'
import { type Launched, Launcher } from '../../processes/launcher.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
const launcher = new Launcher()
const within = (ms: number) => ({ at: systemClock.monotonic() + ms, signal: new AbortController().signal })
const never = new AbortController().signal
const moody = (execution: ArtefactSpec['execution'] = {}, limits: ArtefactSpec['limits'] = {}): ArtefactSpec =>
  artefactOf(fixture('moody.py'), { format: 'python-class', class: 'moody:Moody', execution, limits })

/** A runtime of the test environment's Python; undefined, and the test skipped, where that lacks a module. */
function makeRuntime(t: TestContext, settings: Partial<PythonSettings> = {}, modules: readonly string[] = []) {
  const executable = pythonOrSkip(t, ['msgpack', 'numpy', ...modules])
  if (executable === undefined) return undefined
  const printed: OutputLine[] = []
  const deps = { launcher, clock: systemClock, random: () => 0, log: (line: OutputLine) => void printed.push(line) }
  return { runtime: new PythonRuntime(deps, { executable, sandbox: 'off', allowUnsafeFormats: true, ...settings }), printed, executable }
}

async function load(t: TestContext, runtime: PythonRuntime, spec: ArtefactSpec): Promise<LoadedModel> {
  const model = await runtime.load(spec, undefined, never)
  t.after(() => model.dispose())
  return model
}

const ask = (model: LoadedModel, mood: number, ms = 20_000): Promise<Float64Array> => model.predict(Float64Array.of(mood, 0, 0, 0), 1, within(ms))

test('a Python that cannot be run, or lacks what a worker itself needs, is told with what to do', async (t) => {
  const made = makeRuntime(t)
  if (made === undefined) return
  const refusal = async (executable: string, sandbox: PythonSettings['sandbox'] = 'off'): Promise<unknown> =>
    makeRuntime(t, { executable, sandbox })!.runtime.load(moody(), undefined, never)
  const unable = { code: 'model_verification_failed', message: /^The Python \/nowhere\/python cannot be run \(ENOENT\): .*`presage python setup`$/ }
  for (const sandbox of ['off', 'auto'] as const) await assert.rejects(refusal('/nowhere/python', sandbox), unable)
  const folder = mkdtempSync(join(tmpdir(), 'presage-python-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await assert.rejects(refusal(folder), { code: 'model_verification_failed', message: /cannot be run \(EISDIR\)/ })
  const bare = join(folder, 'python')
  // Without site-packages.
  writeFileSync(bare, `#!/bin/sh\nexec '${made.executable}' -S "$@"\n`, { mode: 0o755 })
  await assert.rejects(refusal(bare), {
    code: 'model_verification_failed',
    message: /^(numpy|msgpack) cannot be imported in \S+ \(.*\): run `presage python setup`, or/,
  })
})

test('a scikit-learn pipeline answers bit for bit as scikit-learn does', async (t) => {
  const made = makeRuntime(t, {}, ['sklearn', 'joblib'])
  if (made === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'presage-python-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { rows, outputs } = JSON.parse(execFileSync(made.executable, [fixture('pipelines.py'), folder], { encoding: 'utf8' })) as Record<string, number[]>
  const path = join(folder, 'neighbours.joblib')
  const model = await load(t, made.runtime, artefactOf(path, { format: 'sklearn-joblib' }))
  assert.deepEqual([...(await model.predict(Float64Array.from(rows ?? []), 20, within(20_000)))], outputs)
  assert.match(model.engine, /^scikit-learn \d.* \(Pipeline\)$/)
  appendFileSync(path, 'x')
  const changed = { ...artefactOf(path, { format: 'sklearn-joblib' }), files: { [path]: '0'.repeat(64) } }
  await assert.rejects(made.runtime.load(changed, undefined, never), { code: 'model_verification_failed', message: /SHA-256/ })
})

test('a model that asks for a graphics card says what computes it', async (t) => {
  const made = makeRuntime(t, {}, ['sklearn', 'joblib'])
  if (made === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'presage-python-'))
  t.after(() => rmSync(folder, { recursive: true }))
  execFileSync(made.executable, [fixture('pipelines.py'), folder])
  const execution = { device: 'cuda' } as const
  const pipeline = await load(t, made.runtime, artefactOf(join(folder, 'neighbours.joblib'), { format: 'sklearn-joblib', execution }))
  assert.match(pipeline.engine, /^scikit-learn \d.* \(Pipeline\) on cpu; cuda was asked for: scikit-learn uses no graphics card here$/)
  const code = await load(t, made.runtime, moody(execution))
  assert.match(code.engine, /^python \d.* \(Moody\) on a device that its code chooses$/)
})

test('what the operator has not allowed or set up is refused with what to do', async (t) => {
  const made = makeRuntime(t)
  if (made === undefined) return
  const deps = { launcher, clock: systemClock, random: () => 0, log: () => {} }
  const settings = { executable: made.executable, sandbox: 'off', allowUnsafeFormats: false } as const
  const refused = (message: RegExp) => ({ code: 'model_verification_failed', message })
  await assert.rejects(new PythonRuntime(deps, settings).load(moody(), undefined, never), refused(/models\.allowUnsafeFormats/))
  const bare = { ...settings, executable: undefined, allowUnsafeFormats: true }
  await assert.rejects(new PythonRuntime(deps, bare).load(moody(), undefined, never), refused(/presage python setup/))
})

for (const [what, mood, error] of [
  ['answers NaN for a value', 6, undefined],
  ['answers with another shape', 7, { code: 'model_output_invalid' }],
  ['raises an exception', 8, { code: 'model_output_invalid', message: /ValueError/ }],
] as const) {
  test(`a class that ${what} costs that call only`, async (t) => {
    const made = makeRuntime(t)
    if (made === undefined) return
    const model = await load(t, made.runtime, moody())
    if (error === undefined) assert.ok(Number.isNaN((await ask(model, mood))[0]))
    else await assert.rejects(ask(model, mood), { name: 'ServingError', ...error })
    assert.deepEqual([...(await ask(model, 0))], [0.25, 0.75])
  })
}

test('what a class prints reaches the log', async (t) => {
  const made = makeRuntime(t)
  if (made === undefined) return
  const model = await load(t, made.runtime, moody())
  await ask(model, 9)
  while (made.printed.length === 0) await setImmediate()
  assert.deepEqual(made.printed, [{ stream: 'stdout', line: 'a model speaks' }])
})

test('a worker that dies of a call is asked again elsewhere, once, and the caller is told when that one dies as well', async (t) => {
  const made = makeRuntime(t)
  if (made === undefined) return
  const model = await load(t, made.runtime, moody({ workers: 1, spares: 2 }))
  await assert.rejects(ask(model, 1), { code: 'worker_crashed' })
  assert.deepEqual([...(await ask(model, 0))], [0.25, 0.75])
})

test('later workers use the batch sizes that the first one proved', async (t) => {
  const made = makeRuntime(t)
  if (made === undefined) return
  const model = await load(t, made.runtime, moody({ workers: 1, spares: 2 }))
  const [ofFirst = 0] = await ask(model, 14)
  assert.ok(ofFirst > 0.01, `the first proved them in ${ofFirst * 1000} calls`)
  await assert.rejects(ask(model, 1), { code: 'worker_crashed' })
  assert.deepEqual([...(await ask(model, 14))], [0.004, 0])
})

test('a model that is loaded again is called at the batch sizes that were proven the first time', async (t) => {
  const executable = pythonOrSkip(t, ['msgpack', 'numpy'])
  if (executable === undefined) return
  const sizes = new HeardSizes()
  const deps = { launcher, clock: systemClock, random: () => 0, log: () => {} }
  const runtime = new PythonRuntime(deps, { executable, sandbox: 'off', allowUnsafeFormats: true }, sizes)
  const [ofFirst = 0] = await ask(await load(t, runtime, moody()), 14)
  assert.ok(ofFirst > 0.01, `the first proved them in ${ofFirst * 1000} calls`)
  assert.deepEqual([...(await ask(await load(t, runtime, moody()), 14))], [0.004, 0])
  assert.deepEqual(sizes.heard[1]?.['batch'], sizes.heard[0]?.['batch'])
})

test('an allocation beyond the memory limit is refused, and the worker goes on', async (t) => {
  const made = makeRuntime(t)
  if (made === undefined) return
  const model = await load(t, made.runtime, moody({}, { memory: '512MiB' }))
  await assert.rejects(ask(model, 4), { code: 'model_memory_exceeded' })
  assert.deepEqual([...(await ask(model, 0))], [0.25, 0.75])
})

test('a bundle may ask for as much memory as the operator gives one process, which is what one has that asks for none', async (t) => {
  const made = makeRuntime(t, { processMemoryMb: 512 })
  if (made === undefined) return
  const more =
    'limits.memory asks for 2GiB for one process of the model; models.processMemoryMb (models.memoryBudgetMb where it is not set) allows 512 MiB: ask for less, or raise it'
  await assert.rejects(made.runtime.load(moody({}, { memory: '2GiB' }), undefined, never), { code: 'model_memory_exceeded', message: more })
  for (const limits of [{}, { memory: '512MiB' }]) {
    const model = await load(t, made.runtime, moody({}, limits))
    await assert.rejects(ask(model, 4), { code: 'model_memory_exceeded' })
    assert.deepEqual([...(await ask(model, 0))], [0.25, 0.75])
  }
})

test('in the box there is no network, no other process, no file of the machine and nothing to write to', async (t) => {
  const made = makeRuntime(t, { sandbox: 'required' })
  if (made === undefined) return
  if (!(await bubblewrapOrSkip(t))) return
  const listener = createServer().listen(0, '127.0.0.1')
  t.after(() => listener.close())
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const model = await load(t, made.runtime, moody())
  assert.equal(model.protection, 'bubblewrap')
  const reach = () => model.predict(Float64Array.of(10, port, 0, 0), 1, within(20_000))
  assert.deepEqual([...(await reach())], [0, 0])
  assert.equal((await ask(model, 11))[0], 0)
  const [pid = 0, processes = 0] = await ask(model, 12)
  assert.ok(pid < 0.01 && processes < 0.01, `process ${pid * 1000} of ${processes * 1000}`)
  assert.equal((await ask(model, 15))[0], 1, 'libraries that ask who runs them, as PyTorch does for its cache, get an answer')
})

test('what a boxed worker writes to memory as files is bounded, and lies in /tmp and /dev/shm alone', async (t) => {
  const made = makeRuntime(t, { sandbox: 'required' })
  if (made === undefined || !(await bubblewrapOrSkip(t))) return
  const model = await load(t, made.runtime, moody())
  assert.deepEqual([...(await ask(model, 16))], [0.064, 0.064])
  assert.equal((await ask(model, 17))[0], 0)
})

for (const sandbox of ['required', 'off'] as const)
  test(`a worker is refused system calls that no model needs (python.sandbox: ${sandbox})`, async (t) => {
    const made = makeRuntime(t, { sandbox })
    if (made === undefined || (sandbox === 'required' && !(await bubblewrapOrSkip(t)))) return
    assert.equal((await ask(await load(t, made.runtime, moody()), 18))[0], constants.errno.EPERM / 1000)
  })

for (const [how, end] of [
  ['is unloaded', (model: LoadedModel) => model.dispose()],
  ['dies', async (model: LoadedModel) => assert.rejects(ask(model, 1), { code: 'worker_crashed' })],
  ['and the process that starts workers die', async (_: LoadedModel, own: Launcher) => void process.kill(own.pid!, 'SIGKILL')],
] as const)
  test(`what a worker started without a box ends with it, where it ${how}`, async (t) => {
    const executable = pythonOrSkip(t, ['msgpack', 'numpy'])
    if (executable === undefined) return
    const own = new Launcher()
    const deps = { launcher: own, clock: systemClock, random: () => 0, log: () => {} }
    const model = await load(t, new PythonRuntime(deps, { executable, sandbox: 'off', allowUnsafeFormats: true }), moody())
    const [child = 0, worker = 0] = [...(await ask(model, 19))].map((share) => Math.round(share * 1e8))
    assert.ok(isRunning(child) && isRunning(worker))
    await end(model, own)
    while (isRunning(worker) || isRunning(child)) await setImmediate()
  })

test('graphics cards are shown in the box to a model that asks for one, and to no other', async (t) => {
  const made = makeRuntime(t, { sandbox: 'required' })
  if (made === undefined || !(await bubblewrapOrSkip(t))) return
  const commands: Command[] = []
  class SeenLauncher extends Launcher {
    override launch(...words: Parameters<Launcher['launch']>): Launched {
      commands.push(words[0])
      return super.launch(...words)
    }
  }
  const deps = { launcher: new SeenLauncher(), clock: systemClock, random: () => 0, log: () => {} }
  const settings = { executable: made.executable, sandbox: 'required', allowUnsafeFormats: true, libraryPath: ['/tmp'] } as const
  const runtime = new PythonRuntime(deps, settings)
  for (const device of ['cpu', 'cuda'] as const) await load(t, runtime, moody({ device }))
  const shown = commands.map(({ args }) => ['/dev/nvidiactl', '/sys'].map((path) => args.includes(path)))
  assert.deepEqual(shown, [
    [false, false],
    [true, true],
  ])
})

test('a boxed worker and its box leave signals that reach every process, as Ctrl-C in a terminal, to the server', async (t) => {
  const made = makeRuntime(t, { sandbox: 'required' })
  if (made === undefined || !(await bubblewrapOrSkip(t))) return
  const model = await load(t, made.runtime, moody())
  const before = descendants()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    for (const pid of before) process.kill(pid, signal)
    assert.deepEqual([...(await ask(model, 0))], [0.25, 0.75])
  }
  assert.deepEqual(descendants(), before)
})

test('once it is proven nothing of a boxed worker has a lower priority than the server', { skip: cannotRaise }, async (t) => {
  const made = makeRuntime(t, { sandbox: 'required' })
  if (made === undefined || !(await bubblewrapOrSkip(t))) return
  const model = await load(t, made.runtime, moody())
  await model.bringAtHand!()
  while (prioritiesBelow(launcher.pid ?? assert.fail('there is no launcher')).some((priority) => priority !== getPriority())) await setImmediate()
})
