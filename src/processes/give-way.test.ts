import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'

const module = JSON.stringify(new URL('./give-way.ts', import.meta.url).href)

/** The nice value and the scheduling policy (5 = SCHED_IDLE, sched(7)) of a process that has given way. */
function gaveWay(courtesy: string): string {
  const text = `
    import { getPriority } from 'node:os'
    import { readFileSync } from 'node:fs'
    const { giveWay } = await import(${module})
    giveWay(${courtesy})
    console.log(getPriority(), readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ')[38])`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 60_000 })
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
