import { execFileSync } from 'node:child_process'
import { accessSync, constants as modes, existsSync, statSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'
import { isAbsolute } from 'node:path'
import { chrt, type Command } from './command.ts'
import { policyOf, processesBelow, threadsOf } from './process-tree.ts'

const behindServing = 10
const { PRIORITY_LOW: lowest } = constants.priority
const mostWalks = 10
/** Of sched(7): SCHED_OTHER, and SCHED_BATCH and SCHED_IDLE, which what is started here has from its start. */
const [usualPolicy, ...givesWay] = [0, 3, 5]

/** How a process is started: behind this one, and behind all others too if it is to be idle. */
type Start<Result> = { readonly command: Command; readonly isIdle: boolean; readonly spawn: (command: Command) => Result }

/**
 * The priority of a process that loads its model: a nice value 10 above this process's, and if wished what all others leave of the processors (SCHED_IDLE of sched(7)), until it is raised to that. Where a priority that was lowered could not be raised again, as for most users and outside of Linux
 * (which alone gives each thread its own), none is ever lowered.
 */
export class LoadingPriority {
  readonly #own = getPriority()
  readonly #loading = mayRaise(this.#own) ? Math.min(lowest, this.#own + behindServing) : this.#own
  readonly #mayIdle = this.#loading !== this.#own && mayLeaveIdle()

  /**
   * Lets this process, whenever it wakes up, wait for what runs instead of taking the processor from it (SCHED_BATCH of sched(7)): it is woken up by whoever answers. What it starts inherits that until it is raised.
   */
  wakeUpQuietly(): void {
    if (!this.#mayIdle || policyOf(process.pid) !== usualPolicy) return
    try {
      setPolicy(['--all-tasks', '--batch'], process.pid)
    } catch {
      // A filter of system calls may refuse it, and a thread may have ended meanwhile.
    }
  }

  /** Starts a command: it is behind this process from the first instruction on, as is all that it will start itself. */
  startBehind<Result>({ command, isIdle, spawn }: Start<Result>): Result {
    const wrapped = isIdle && this.#mayIdle && isProgram(command.file) ? idly(command) : command
    if (this.#loading === this.#own) return spawn(wrapped)
    // Inherited, not given to it afterwards: by then it could have threads already.
    setPriority(this.#loading)
    try {
      return spawn(wrapped)
    } finally {
      setPriority(this.#own)
    }
  }

  /** Raises every thread of a process and of those below it to the priority of this one. What ends meanwhile is no failure; answers false where the system refused one. */
  raise(pid: number): boolean {
    let outcomes: readonly Outcome[]
    let walks = 0
    // What was still low may have started something meanwhile, which is low as well.
    do {
      outcomes = [...processesBelow(pid)].flatMap((each) => [this.#takeUsualPolicy(each), ...threadsOf(each).map((thread) => this.#raiseThread(thread))])
      walks += 1
    } while (outcomes.includes('raised') && walks < mostWalks)
    return !outcomes.includes('refused')
  }

  #takeUsualPolicy(process: number): Outcome {
    if (!this.#mayIdle || !threadsOf(process).some((thread) => givesWay.includes(policyOf(thread) ?? usualPolicy))) return 'as it was'
    try {
      setPolicy(['--all-tasks', '--other'], process)
      return 'raised'
    } catch {
      return existsSync(`/proc/${process}`) ? 'refused' : 'as it was'
    }
  }

  #raiseThread(thread: number): Outcome {
    // What is low all the same has made itself so.
    if (this.#loading === this.#own) return 'as it was'
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

/** A thread of this process that does not run its code; undefined where priorities cannot be raised, as the kernel does not list children or is none that gives each thread its own. */
function otherThread(): number | undefined {
  const { pid, platform } = process
  if (platform !== 'linux' || !existsSync(`/proc/self/task/${pid}/children`)) return undefined
  return threadsOf(pid).find((each) => each !== pid)
}

/**
 * Tried, since capabilities and limits are not all that decides (namespaces, filters of system calls, security modules do too): on a thread that may stay one step lower.
 */
function mayRaise(own: number): boolean {
  const thread = otherThread()
  if (thread === undefined) return false
  try {
    setPriority(thread, own + 1)
    setPriority(thread, own)
    return true
  } catch {
    return false
  }
}

/** Tried as well, on the same thread, which may stay so where a filter allows the one and not the other: the program may be missing, or be another one. */
function mayLeaveIdle(): boolean {
  const thread = otherThread()
  if (thread === undefined || !isProgram(chrt)) return false
  try {
    setPolicy(['--idle'], thread)
    setPolicy(['--other'], thread)
    return true
  } catch {
    return false
  }
}

const setPolicy = (words: readonly string[], pid: number): void => void execFileSync(chrt, [...words, '--pid', '0', String(pid)], { stdio: 'ignore' })

/** The same process: `chrt` becomes the command. */
const idly = ({ file, args, ...command }: Command): Command => ({ ...command, file: chrt, args: ['--idle', '0', file, ...args] })

/** One that is none is left to whoever starts it to tell. */
function isProgram(file: string): boolean {
  try {
    accessSync(file, modes.X_OK)
    return isAbsolute(file) && statSync(file).isFile()
  } catch {
    return false
  }
}
