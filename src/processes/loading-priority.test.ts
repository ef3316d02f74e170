import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { programOrSkip } from '../../test/support/python.ts'
import { cannotRaise } from '../../test/support/priority.ts'
import { chrt } from './command.ts'

const withoutRight = ['setpriv', '--bounding-set', '-sys_nice', '--inh-caps', '-sys_nice', '--ambient-caps', '-sys_nice']

/** A script that starts a process with a thread and a child of its own, and prints the distinct priorities of all of them: before it was raised, then after, and whether that was done. */
const script = ({ before = '', between = '', isIdle = false } = {}) => `
  import { spawn } from 'node:child_process'
  import { once } from 'node:events'
  import { getPriority, setPriority } from 'node:os'
  import { LoadingPriority } from ${JSON.stringify(new URL('./loading-priority.ts', import.meta.url).href)}
  import { policiesBelow, prioritiesBelow } from ${JSON.stringify(new URL('../../test/support/priority.ts', import.meta.url).href)}
  const model = \`
    const { spawn } = require('node:child_process')
    const { Worker } = require('node:worker_threads')
    new Worker('setInterval(() => {}, 1e6)', { eval: true }).on('online', () => {
      const child = spawn('/bin/sh', ['-c', '(echo started; cat) | cat'])
      child.stdout.once('data', () => console.log('started'))
      process.stdin.on('end', () => process.exit()).resume()
    })\`
  ${before}
  const priority = new LoadingPriority()
  const started = priority.startBehind({ command: { file: process.execPath, args: ['-e', model] }, isIdle: ${isIdle}, spawn: ({ file, args }) => spawn(file, args) })
  await once(started.stdout, 'data')
  ${between}
  const spread = () => [...new Set((${isIdle} ? policiesBelow : prioritiesBelow)(started.pid))]
  console.log(JSON.stringify({ before: spread(), raised: priority.raise(started.pid), after: spread(), own: getPriority() }))
  started.stdin.end()`

function run(wrap: readonly string[], text: string): unknown {
  const [file, ...args] = [...wrap, process.execPath, '--input-type=module', '-e', text]
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 60_000 })
  assert.match(stdout, /^\{.*\}\n$/, stderr)
  return JSON.parse(stdout)
}

test('a process loads behind the one that started it, with all that it starts, and is raised with all of it', { skip: cannotRaise }, () => {
  for (const [own, behind] of [
    [0, 10],
    [5, 15],
    [15, 19],
    [19, 19],
  ])
    assert.deepEqual(run([], script({ before: `setPriority(${own})` })), { before: [behind], raised: true, after: [own], own })
})

test(
  'with a wish for it, it loads with what all others leave, with all that it starts, and all of it leaves that behind',
  { skip: cannotRaise || !existsSync(chrt) },
  () => {
    assert.deepEqual(run([], script({ isIdle: true })), { before: [5], raised: true, after: [0], own: getPriority() })
  },
)

test('where no priority may be raised none is lowered, and what made itself low stays so without a word', (t) => {
  if (process.platform !== 'linux') return t.skip('threads have priorities of their own on Linux only')
  if (cannotRaise === false && !programOrSkip(t, 'setpriv')) return
  const own = getPriority()
  const wrap = cannotRaise === false ? withoutRight : []
  assert.deepEqual(run(wrap, script()), { before: [own], raised: true, after: [own], own })
  assert.deepEqual(run(wrap, script({ isIdle: true })), { before: [0], raised: true, after: [0], own })
  const spread = [...new Set([19, own])]
  assert.deepEqual(run(wrap, script({ between: 'setPriority(started.pid, 19)' })), { before: spread, raised: true, after: spread, own })
})

test(
  'where the system refuses after all, a process stays where it is, and that is said',
  { skip: process.getuid?.() === 0 ? cannotRaise : 'only root can become another user' },
  () => {
    const text = script({ before: 'setPriority(0)', between: 'process.seteuid(65534)' })
    assert.deepEqual(run([], text), { before: [10], raised: false, after: [10], own: 0 })
  },
)
