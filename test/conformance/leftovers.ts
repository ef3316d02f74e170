import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { descendants } from '../support/descendants.ts'

const patienceMs = 10_000

/** Sockets and pipes that this process holds. */
function channels(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter((link) => /^(socket|pipe):/.test(link)).length
}

type Held = { readonly processes: number; readonly channels: number; readonly threads: number; readonly timers: number }

function held(): Held {
  const resources = process.getActiveResourcesInfo()
  const count = (kind: string): number => resources.filter((resource) => resource === kind).length
  return { processes: descendants().length, channels: channels(), threads: readdirSync('/proc/self/task').length, timers: count('Timeout') }
}

/** Runs something that should leave no process, socket, thread or timer behind, and waits until none is there more than before. */
export async function leavesNothing(work: () => Promise<void>): Promise<void> {
  const before = held()
  await work()
  const isMore = (now: Held): boolean => Object.entries(now).some(([what, count]) => count > before[what as keyof Held])
  const end = performance.now() + patienceMs
  let now = held()
  for (; isMore(now) && performance.now() < end; now = held()) await delay(10)
  assert.ok(!isMore(now), `left behind: ${JSON.stringify(now)} after ${JSON.stringify(before)}`)
}
