import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isRunning } from '../../test/support/is-running.ts'
import { cannotRaise, policiesBelow, prioritiesBelow } from '../../test/support/priority.ts'
import { chrt } from './command.ts'
import { Launcher } from './launcher.ts'
import type { OutputLine } from './output-lines.ts'

/** A Node script as a command. */
const script = (text: string) => ({ file: process.execPath, args: ['-e', text], env: {} })
const echo = script(`new (require('node:net').Socket)({ fd: 3 }).on('data', function (chunk) { this.write(chunk) })`)
const untilInput = script(`process.stdin.on('end', () => process.exit(5)).resume()`)
const pidOf = (launcher: Launcher): number => launcher.pid ?? assert.fail('there is no launcher')

test('what is written to the channel reaches the process, and its answer comes back; killed, it ends', async () => {
  const { started, ended, kill } = new Launcher().launch(echo, () => {})
  const { pid, channel } = await started
  channel.write('ping')
  assert.equal(String(((await once(channel, 'data')) as [Buffer])[0]), 'ping')
  kill()
  assert.equal(await ended, 'signal SIGKILL ended it')
  assert.equal(isRunning(pid), false)
})

test('a process gives way until it is promoted, and nothing of it does after that', { skip: cannotRaise }, async () => {
  const { started, ended, promote, kill } = new Launcher().launch(untilInput, () => {})
  const { pid } = await started
  const own = getPriority()
  assert.deepEqual(new Set(prioritiesBelow(pid)), new Set([Math.min(own + 10, 19)]))
  await promote()
  assert.deepEqual(new Set(prioritiesBelow(pid)), new Set([own]))
  kill()
  await ended
  await promote()
})

test('whoever waits until a process is promoted is told when it ends instead, and when the launcher does', async () => {
  for (const end of [(launcher: Launcher, kill: () => void) => kill(), (launcher: Launcher) => process.kill(pidOf(launcher), 'SIGKILL')]) {
    const launcher = new Launcher()
    const { started, ended, promote, kill } = launcher.launch(untilInput, () => {})
    await started
    process.kill(pidOf(launcher), 'SIGSTOP')
    const promoted = promote()
    end(launcher, kill)
    process.kill(pidOf(launcher), 'SIGCONT')
    await Promise.all([promoted, ended])
  }
})

test(
  'a process that is started while the server answers takes what all others leave, until it is promoted',
  { skip: cannotRaise || !existsSync(chrt) },
  async () => {
    const launcher = new Launcher()
    launcher.serve()
    const { started, ended, promote, kill } = launcher.launch(untilInput, () => {})
    const { pid } = await started
    // Until `chrt` has become the program.
    while (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(untilInput.file)) await setImmediate()
    assert.deepEqual(new Set(policiesBelow(pid)), new Set([5]))
    await promote()
    assert.deepEqual(new Set(policiesBelow(pid)), new Set([0]))
    kill()
    await ended
  },
)

test(
  'what only helps does not take the processor from whoever answers when it wakes up: helpers of the engine, and the launcher',
  { skip: cannotRaise || !existsSync(chrt) },
  () => {
    const text = `
    import { Launcher } from ${JSON.stringify(new URL('./launcher.ts', import.meta.url).href)}
    import { nameOf, policyOf, threadsOf } from ${JSON.stringify(new URL('./process-tree.ts', import.meta.url).href)}
    const launcher = new Launcher()
    const { started, promote, kill } = launcher.launch(${JSON.stringify(untilInput)}, () => {})
    const { pid } = await started
    const until = async (holds) => { while (!holds()) await new Promise(setImmediate) }
    const all = (threads, policy) => threads.length > 0 && threads.every((thread) => policyOf(thread) === policy)
    await until(() => all(threadsOf(process.pid).filter((thread) => nameOf(thread) === 'V8Worker'), 3))
    await promote()
    console.log(policyOf(process.pid), all(threadsOf(launcher.pid), 3), all(threadsOf(pid), 0))
    kill()`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 20_000 })
    assert.deepEqual([stdout, stderr], ['0 true true\n', ''])
  },
)

test('a program that is none is told as such while the server answers, too', async () => {
  const launcher = new Launcher()
  launcher.serve()
  const { started } = launcher.launch({ file: '/no/such/program', args: [], env: {} }, () => {})
  await assert.rejects(started, /ENOENT/)
})

test('what a process prints comes as lines, the last of them too', async () => {
  const lines: OutputLine[] = []
  const text = `console.error('careful'); process.stdout.write('last words'); process.exitCode = 3`
  const { ended } = new Launcher().launch(script(text), (line) => void lines.push(line))
  assert.equal(await ended, 'it exited with status 3')
  while (lines.length < 2) await setImmediate()
  assert.deepEqual(new Set(lines.map(({ stream, line }) => `${stream}: ${line}`)), new Set(['stderr: careful', 'stdout: last words']))
})

test('a program that does not exist is told, and costs the others nothing', async () => {
  const launcher = new Launcher()
  const other = launcher.launch(untilInput, () => {})
  const { started, ended } = launcher.launch({ file: '/no/such/program', args: [], env: {} }, () => {})
  await assert.rejects(started, /ENOENT/)
  assert.match(await ended, /ENOENT/)
  assert.ok(isRunning((await other.started).pid))
  other.kill()
  await other.ended
})

test('a command that the system refuses at once costs the others nothing either', async () => {
  const launcher = new Launcher()
  const other = launcher.launch(untilInput, () => {})
  const { pid } = await other.started
  for (const [file, args, why] of [
    [join(process.execPath, 'program'), [], /ENOTDIR/],
    [process.execPath, ['a\0b'], /null bytes/],
  ] as const) {
    const { started, ended } = launcher.launch({ file, args, env: {} }, () => {})
    await assert.rejects(started, why)
    assert.match(await ended, why)
  }
  assert.ok(isRunning(pid))
  other.kill()
  await other.ended
})

test('where the machine refuses the launcher itself, that is told, and the next start tries again', async (t) => {
  const launcher = new Launcher()
  const { execPath } = process
  t.after(() => void (process.execPath = execPath))
  for (const [path, why] of [
    [join(execPath, 'node'), /ENOTDIR/],
    ['/no/such/node', /ENOENT/],
  ] as const) {
    process.execPath = path
    const { started, ended } = launcher.launch(echo, () => {})
    await assert.rejects(started, why)
    assert.match(await ended, why)
  }
  process.execPath = execPath
  const { started, ended, kill } = launcher.launch(echo, () => {})
  await started
  kill()
  await ended
})

test('who would take what a program prints is forgotten when it never ran', async () => {
  setFlagsFromString('--expose-gc')
  const launcher = new Launcher()
  const other = launcher.launch(echo, () => {})
  const refused = (): { readonly log: WeakRef<object>; readonly ended: Promise<string> } => {
    const log = (): void => {}
    return { log: new WeakRef(log), ended: launcher.launch({ file: '/no/such/program', args: [], env: {} }, log).ended }
  }
  const { log, ended } = refused()
  await ended
  await setImmediate() // A WeakRef holds what it was made of until the end of the turn.
  ;(runInNewContext('gc') as () => void)()
  assert.equal(log.deref(), undefined)
  other.kill()
  await other.ended
})

test('a process that ends before its channel could be handed on was not started, and how it ended is told', async () => {
  const launcher = new Launcher()
  const launched = Array.from({ length: 20 }, () => launcher.launch({ file: '/bin/sh', args: ['-c', 'exit 3'], env: {} }, () => {}))
  for (const { started, ended } of launched) {
    await started.then(
      ({ channel }) => assert.ok(channel.destroy()),
      ({ message }: Error) => assert.equal(message, 'it exited with status 3'),
    )
    assert.equal(await ended, 'it exited with status 3')
  }
})

test('one that is killed before it runs never stays', async () => {
  const launcher = new Launcher()
  const launched = Array.from({ length: 5 }, () => launcher.launch(untilInput, () => {}))
  for (const { kill } of launched) kill()
  for (const { ended } of launched) assert.equal(await ended, 'signal SIGKILL ended it')
})

test('where the launcher dies its processes end, also a frozen one, and the next is started by a new launcher', async () => {
  const launcher = new Launcher()
  const launched = [untilInput, echo].map((command) => launcher.launch(command, () => {}))
  const pids = await Promise.all(launched.map(async ({ started }) => (await started).pid))
  process.kill(pids[1] as number, 'SIGSTOP')
  const first = pidOf(launcher)
  process.kill(first, 'SIGKILL')
  for (const { ended } of launched) assert.equal(await ended, 'the process that had started it ended')
  while (pids.some(isRunning)) await setImmediate()
  const next = launcher.launch(echo, () => {})
  assert.ok(isRunning((await next.started).pid))
  assert.notEqual(pidOf(launcher), first)
  next.kill()
  await next.ended
})

test('a launcher that hangs is ended, and who waits for it is told', async () => {
  let overdue = (): void => {}
  const launcher = new Launcher((act) => {
    overdue = act
    return setTimeout(() => {}, 0)
  })
  const before = launcher.launch(echo, () => {})
  await before.started
  process.kill(pidOf(launcher), 'SIGSTOP')
  const after = launcher.launch(echo, () => {})
  overdue()
  await assert.rejects(after.started, /the process that had started it ended/)
  assert.equal(await before.ended, 'the process that had started it ended')
})

test('closed, a launcher ends with all that it has started, and the next start has a new one', async () => {
  const launcher = new Launcher()
  await launcher.close()
  const { started, ended } = launcher.launch(echo, () => {})
  const pids = [(await started).pid, pidOf(launcher)]
  await launcher.close()
  assert.match(await ended, /the process that had started it ended/)
  while (pids.some(isRunning)) await setImmediate()
  const next = launcher.launch(echo, () => {})
  assert.ok(isRunning((await next.started).pid))
  await launcher.close()
})

test('a program ends by itself once nothing runs that it has started, and takes the launcher along', () => {
  const text = `
    import { Launcher } from ${JSON.stringify(new URL('./launcher.ts', import.meta.url).href)}
    const launcher = new Launcher()
    const { started, ended } = launcher.launch(${JSON.stringify(script(''))}, () => {})
    await started
    console.log(launcher.pid)
    await ended`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 20_000 })
  assert.equal(status, 0)
  while (isRunning(Number(stdout))) spawnSync('true')
})

test('a server that ends while processes are being started leaves nothing behind', () => {
  const text = `
    import { Launcher } from ${JSON.stringify(new URL('./launcher.ts', import.meta.url).href)}
    const launcher = new Launcher()
    const [first] = Array.from({ length: 5 }, () => launcher.launch(${JSON.stringify(untilInput)}, () => {}))
    await first.started
    console.log(launcher.pid)
    process.exit(0)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 20_000 })
  assert.equal(status, 0)
  while (isRunning(Number(stdout))) spawnSync('true')
})

test('a server that ends takes along what hears of nothing: one that is frozen, or inside a computation', () => {
  const text = `
    import { Launcher } from ${JSON.stringify(new URL('./launcher.ts', import.meta.url).href)}
    const { started } = new Launcher().launch(${JSON.stringify(script('setInterval(() => {}, 1e6)'))}, () => {})
    console.log((await started).pid)
    process.exit(0)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 20_000 })
  assert.equal(status, 0)
  while (isRunning(Number(stdout))) spawnSync('true')
})

test(
  'whoever waits for the end of a launcher is told of it, also where the last process has ended just before',
  { skip: process.platform !== 'linux' && 'processes are looked at in /proc' },
  () => {
    const text = `
    import { spawnSync } from 'node:child_process'
    import { existsSync } from 'node:fs'
    import { Launcher } from ${JSON.stringify(new URL('./launcher.ts', import.meta.url).href)}
    const launcher = new Launcher()
    const { started } = launcher.launch(${JSON.stringify(untilInput)}, () => {})
    const { pid } = await started
    process.kill(pid, 'SIGKILL')
    // Nothing is read meanwhile: the report of its end comes while the launcher is waited for.
    while (existsSync('/proc/' + pid)) spawnSync('true')
    for (let i = 0; i < 20; i++) spawnSync('true')
    await launcher.close()
    console.log('closed')`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 20_000 })
    assert.deepEqual([status, stdout], [0, 'closed\n'])
  },
)

test('the environment of the server reaches no process', async () => {
  const lines: string[] = []
  const { ended } = new Launcher().launch(script('console.log(JSON.stringify(process.env))'), ({ line }) => void lines.push(line))
  await ended
  while (lines.length === 0) await setImmediate()
  assert.doesNotMatch(lines.join(''), /PATH|HOME/)
})
