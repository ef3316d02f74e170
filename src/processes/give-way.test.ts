import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { bubblewrapOrSkip } from '../../test/support/bubblewrap.ts'

const module = JSON.stringify(new URL('./give-way.ts', import.meta.url).href)

/** What a process prints that has given way: its nice value and its scheduling policy (5 = SCHED_IDLE, sched(7)) where nothing else is said. */
function gaveWay(courtesy: string, wrap: readonly string[] = [], what = `readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ')[38]`): string {
  const text = `
    import { getPriority } from 'node:os'
    import { readFileSync } from 'node:fs'
    const { giveWay } = await import(${module})
    giveWay(${courtesy})
    console.log(getPriority(), ${what})`
  const [file, ...args] = [...wrap, process.execPath, '--input-type=module', '-e', text] as const
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 60_000 })
  assert.notEqual(stdout, '', stderr)
  return stdout.trim()
}

const own = getPriority()
const lower = Math.min(19, own + 10)
const linux = process.platform !== 'linux' && 'priorities of threads are of Linux'

test('a process gives way by its nice value, or to all others', { skip: linux }, () => {
  assert.equal(gaveWay(`{ theirs: ${own}, isIdle: false }`), `${lower} 0`)
  if (existsSync('/usr/bin/chrt')) assert.equal(gaveWay(`{ theirs: ${own}, isIdle: true }`), `${lower} 5`)
})

test('behind a server that has nearly the lowest priority it has the lowest', { skip: linux }, () => {
  assert.equal(gaveWay('{ theirs: 15, isIdle: false }'), '19 0')
})

test('where the system refuses, or has no program for it, the process goes on with its nice value', { skip: linux }, () => {
  for (const chrt of ['/bin/false', '/nowhere/chrt']) assert.equal(gaveWay(`{ theirs: ${own}, isIdle: true, chrt: '${chrt}' }`), `${lower} 0`)
})

test('a process without /proc goes on as well', { skip: linux }, async (t) => {
  if (!(await bubblewrapOrSkip(t))) return
  const withoutProc = ['bwrap', '--dev-bind', '/', '/', '--tmpfs', '/proc']
  assert.equal(gaveWay(`{ theirs: ${own}, isIdle: true }`, withoutProc, `'and on'`), `${lower} and on`)
})
