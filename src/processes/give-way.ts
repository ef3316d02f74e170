import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { chrt as schedulerProgram } from './command.ts'

const [behindServing, lowest] = [10, 19]

/** Whom a process gives way to, and whether to all others; `chrt` is the program that says so to the system. */
export type Courtesy = { readonly theirs: number; readonly isIdle: boolean; readonly chrt?: string }

/**
 * Lets this process wait for the processor behind those that answer: a nice value 10 above `theirs`, at most 19. With `isIdle` on Linux it runs only where a processor has nothing
 * else to do, and leaves it at once (SCHED_IDLE of sched(7)), which nothing but a privilege undoes. A system that allows neither is none in which nothing can be loaded: it never throws.
 */
export function giveWay({ theirs, isIdle, chrt = schedulerProgram }: Courtesy): void {
  const lower = Math.min(lowest, theirs + behindServing)
  for (const thread of threads()) asFarAsAllowed(() => setPriority(thread, lower))
  if (process.platform === 'linux' && isIdle && existsSync(chrt))
    asFarAsAllowed(() => execFileSync(chrt, ['--all-tasks', '--idle', '--pid', '0', String(process.pid)], { stdio: 'ignore' }))
}

/** On Linux each thread has priorities of its own, which it passes on to those that it starts; some of Node's run already. The first stands for all elsewhere, and where /proc is not mounted. */
function threads(): readonly number[] {
  try {
    return readdirSync('/proc/self/task').map(Number)
  } catch {
    return [process.pid]
  }
}

function asFarAsAllowed(act: () => void): void {
  try {
    act()
  } catch {
    // A filter of system calls may refuse it, and a thread may have ended meanwhile.
  }
}
