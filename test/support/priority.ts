import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'

const mayRaise = process.platform === 'linux' && spawnSync('nice', ['-n', '-1', 'true'], { encoding: 'utf8' }).stderr === ''

/** Why a test is skipped that needs to raise priorities, which most users may not; false where this one may. Asked of the system's own `nice`, which complains where it may not. */
export const cannotRaise = !mayRaise && 'this user may not raise a priority (CAP_SYS_NICE), or this is not Linux'

/** Scheduling policies of the threads of a process and of all processes below it: 0 = SCHED_OTHER, 5 = SCHED_IDLE (proc(5), /proc/pid/stat). */
export const policiesBelow = (pid: number): readonly number[] => below(pid, policyOf)

/** Nice values of the threads of a process and of all processes below it, found by their parents. */
export const prioritiesBelow = (pid: number): readonly number[] => below(pid, getPriority)

/** The scheduling policy of a thread. Throws when it has ended. */
export const policyOf = (thread: number): number => Number(readFileSync(`/proc/${thread}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[38])

function below(pid: number, of: (thread: number) => number): readonly number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const children = processes.filter((process) => parentOf(process) === pid)
  const own = readdirSync(`/proc/${pid}/task`).map((thread) => of(Number(thread)))
  return [...own, ...children.flatMap((child) => unlessGone(() => below(Number(child), of)))]
}

/** What starts processes has some of its own that live for a moment. */
function unlessGone(look: () => readonly number[]): readonly number[] {
  try {
    return look()
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ERR_SYSTEM_ERROR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

function parentOf(process: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
