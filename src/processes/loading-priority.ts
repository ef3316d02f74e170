import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

const behindServing = 10
const { PRIORITY_LOW: lowest } = constants.priority
const mostWalks = 10

/**
 * The priority of a process that loads its model: a nice value 10 above this process's, until it is raised to that. Where a priority that was lowered could not be raised again, as for most users and outside of Linux
 * (which alone gives each thread its own), none is ever lowered.
 */
export class LoadingPriority {
  readonly #own = getPriority()
  readonly #loading = mayRaise(this.#own) ? Math.min(lowest, this.#own + behindServing) : this.#own

  /** Does `start`; a process that it starts is behind this one from the first instruction on, as is all that it will start itself. */
  startBehind<Result>(start: () => Result): Result {
    if (this.#loading === this.#own) return start()
    // Inherited, not given to it afterwards: by then it could have threads already.
    setPriority(this.#loading)
    try {
      return start()
    } finally {
      setPriority(this.#own)
    }
  }

  /** Raises every thread of a process and of those below it to the priority of this one. What ends meanwhile is no failure; answers false where the system refused one. */
  raise(pid: number): boolean {
    // What is low all the same has made itself so.
    if (this.#loading === this.#own) return true
    let outcomes: readonly Outcome[]
    let walks = 0
    // What was still low may have started something meanwhile, which is low as well.
    do {
      outcomes = [...threadsBelow(pid)].map((thread) => this.#raiseThread(thread))
      walks += 1
    } while (outcomes.includes('raised') && walks < mostWalks)
    return !outcomes.includes('refused')
  }

  #raiseThread(thread: number): Outcome {
    try {
      if (getPriority(thread) <= this.#own) return 'as it was'
      setPriority(thread, this.#own)
      return 'raised'
    } catch {
      return existsSync(`/proc/${thread}`) ? 'refused' : 'as it was'
    }
  }
}

type Outcome = 'raised' | 'refused' | 'as it was'

/**
 * Tried, since capabilities and limits are not all that decides (namespaces, filters of system calls, security modules do too): on a thread of this process that does not run its code, and may stay one step lower.
 * Where the kernel does not list children, those of a process could never be raised.
 */
function mayRaise(own: number): boolean {
  const { pid, platform } = process
  if (platform !== 'linux' || !existsSync(`/proc/self/task/${pid}/children`)) return false
  const thread = readdirSync('/proc/self/task')
    .map(Number)
    .find((each) => each !== pid)
  if (thread === undefined) return false
  try {
    setPriority(thread, own + 1)
    setPriority(thread, own)
    return true
  } catch {
    return false
  }
}

/** The threads of a process and of all processes below it, as they are at this moment. */
function* threadsBelow(pid: number): Generator<number> {
  for (const thread of present(() => readdirSync(`/proc/${pid}/task`))) {
    yield Number(thread)
    for (const child of present(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').match(/\d+/g) ?? [])) yield* threadsBelow(Number(child))
  }
}

/** What is read of a process that may have ended. */
function present(read: () => readonly string[]): readonly string[] {
  try {
    return read()
  } catch {
    return []
  }
}
