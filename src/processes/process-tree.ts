import { readdirSync, readFileSync } from 'node:fs'

// What Linux tells of processes in /proc (proc(5)). Each may have ended before it is read.

const msPerTick = 10

/** A process and all processes below it, as they are at this moment. */
export function* processesBelow(pid: number): Generator<number> {
  yield pid
  for (const thread of threadsOf(pid))
    for (const child of present(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').match(/\d+/g) ?? [])) yield* processesBelow(Number(child))
}

/** The threads of a process; none once it has ended. */
export const threadsOf = (pid: number): readonly number[] => present(() => readdirSync(`/proc/${pid}/task`)).map(Number)

/** The name of a thread; undefined once it has ended. */
export const nameOf = (thread: number): string | undefined => present(() => [readFileSync(`/proc/${thread}/comm`, 'utf8').trimEnd()])[0]

/** The scheduling policy of a thread, 5 = SCHED_IDLE; undefined once it has ended. */
export const policyOf = (thread: number): number | undefined => stateOf(thread)?.[38]

/** What a process has had of the processors so far; undefined where nobody tells. One file is read, where a walk of the processes below it reads one for each of their threads. */
export function ownProcessorMs(pid: number): number | undefined {
  const state = stateOf(pid)
  if (state === undefined) return undefined
  const [user = 0, system = 0] = state.slice(11, 13)
  return (user + system) * msPerTick
}

/** What a process and those below it have had of the processors so far; undefined where nobody tells. */
export function processorMs(pid: number): number | undefined {
  if (ownProcessorMs(pid) === undefined) return undefined
  return processesBelow(pid).reduce((sum, each) => sum + (ownProcessorMs(each) ?? 0), 0)
}

/** The words of /proc/pid/stat from the third on: the second, a name, may have blanks. */
function stateOf(pid: number): readonly number[] | undefined {
  const [state] = present(() => [readFileSync(`/proc/${pid}/stat`, 'latin1')])
  return state?.split(') ').at(-1)?.split(' ').map(Number)
}

function present(read: () => readonly string[]): readonly string[] {
  try {
    return read()
  } catch {
    return []
  }
}
