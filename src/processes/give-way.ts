import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

const [behindServing, lowest] = [10, 19]
const chrt = '/usr/bin/chrt'

/**
 * Lets this process wait for the processor behind those that answer: a nice value 10 above `theirs`, at most 19. With `isIdle` on Linux it runs only where a processor has nothing
 * else to do, and leaves it at once (SCHED_IDLE of sched(7)), which nothing but a privilege undoes.
 */
export function giveWay({ theirs, isIdle }: { readonly theirs: number; readonly isIdle: boolean }): void {
  const lower = Math.min(lowest, theirs + behindServing)
  if (process.platform !== 'linux') return setPriority(lower)
  // Each thread has priorities of its own, which it passes on to those that it starts; some of Node's run already.
  for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), lower)
  if (isIdle && existsSync(chrt)) execFileSync(chrt, ['--all-tasks', '--idle', '--pid', '0', String(process.pid)], { stdio: 'ignore' })
}
