import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Command, nodeCommand } from './command.ts'
import { endTree } from './end-processes.ts'
import type { LaunchOrder, LaunchReport, LifeReport } from './launch-message.ts'
import type { OutputLine } from './output-lines.ts'

/** A process that runs, and the nameless Unix socket to it (nothing on disk, nobody else can connect). */
export type Started = { readonly pid: number; readonly channel: Socket }

/**
 * One process from its start to its end. `started` rejects when the machine could not start it or it ended at once, `ended` resolves to how it ended once it no longer exists. It gives way to the server, where priorities can
 * be raised again, until `promote`, which resolves when that is done as far as it can be, or the process is gone; `kill` ends it at once.
 */
export type Launched = { readonly started: Promise<Started>; readonly ended: Promise<string>; readonly promote: () => Promise<void>; readonly kill: () => void }

type Log = (line: OutputLine) => void
type Underway = {
  readonly started: PromiseWithResolvers<Started>
  readonly ended: PromiseWithResolvers<string>
  pid?: number
  promoted?: PromiseWithResolvers<void> | undefined
  isToEnd?: true
  overdue?: NodeJS.Timeout | undefined
}

const entry = new URL('./child.ts', import.meta.url)
/** An order is carried out in some ms; one that takes so long has a launcher that hangs. */
const longestOrderMs = 10_000
/**
 * Starts processes by a small process of its own: to start one the system copies the page tables of whoever does it, 15 ms for a server of 600 MB, in which it would answer nobody
 * (`erl_child_setup` of Erlang/OTP is there for the same reason). It is started with the first of them and ends with the server; when it dies, what it had started ends, and the next start has a new one.
 */
export class Launcher {
  readonly #underway = new Map<number, Underway>()
  /** Who takes what is printed: the last lines may come after the end. */
  readonly #logs = new Map<number, Log>()
  readonly #whenOverdue: (act: () => void) => NodeJS.Timeout
  #isServing = false
  #isClosing = false
  #child: ChildProcess | undefined
  #ids = 0

  /** `whenOverdue` sets the timer of an order, after which its launcher is ended. */
  constructor(whenOverdue: (act: () => void) => NodeJS.Timeout = (act) => setTimeout(act, longestOrderMs)) {
    this.#whenOverdue = whenOverdue
  }

  /** The launcher's own process id; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Says that the server answers from now on: what is started later takes what answers leave of the processors, until it is promoted. */
  serve(): void {
    this.#isServing = true
  }

  /** Starts a command in `/`, with a share of the processors of its own from the beginning if wished, with a standard input that stays open until the server ends, and its printed lines to `log`. */
  launch(command: Command, log: Log, { hasShare = false } = {}): Launched {
    const id = ++this.#ids
    const process: Underway = { started: Promise.withResolvers(), ended: Promise.withResolvers() }
    process.started.promise.catch(() => {})
    this.#underway.set(id, process)
    this.#logs.set(id, log)
    this.#order(process, { id, kind: 'start', command, isIdle: this.#isServing && !hasShare })
    const promote = async (): Promise<void> => {
      if (!this.#underway.has(id) || this.#child === undefined) return
      process.promoted ??= Promise.withResolvers()
      // What takes long here is no sign of a launcher that hangs, and ends none.
      if (this.#child.connected) this.#child.send({ id, kind: 'promote' } satisfies LaunchOrder, () => {})
      return process.promoted.promise
    }
    const kill = (): void => {
      if (!this.#underway.has(id)) return
      process.isToEnd = true
      this.#order(process, { id, kind: 'kill' })
    }
    return { started: process.started.promise, ended: process.ended.promise, promote, kill }
  }

  /** Ends the launcher, and with it all that it has started; settles when it no longer exists. The next start has a new one. */
  async close(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#isClosing = true
    this.#hold(child)
    child.kill('SIGKILL')
    await once(child, 'exit')
    this.#isClosing = false
  }

  #order(process: Underway, order: LaunchOrder): void {
    let child: ChildProcess
    try {
      child = this.#child ??= this.#fork()
    } catch (error) {
      // Some refusals of the machine, as for memory, are thrown, others told by an event.
      return this.#lost(undefined, (error as Error).message)
    }
    this.#supervise(process, child)
    this.#hold(child)
    // Where the machine could not even make its channel, or it has closed it, its end is told by an event.
    if (child.connected) child.send(order, () => {})
  }

  /** After a pause of the whole machine timers are due before what was answered has been read, so that is read first. */
  #supervise(process: Underway, child: ChildProcess): void {
    clearTimeout(process.overdue)
    const timer = this.#whenOverdue(() => setImmediate(() => process.overdue === timer && child.kill('SIGKILL')))
    process.overdue = timer
  }

  #fork(): ChildProcess {
    const { env } = nodeCommand(entry)
    const child = fork(entry, [], {
      cwd: '/',
      env: { ...env },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    })
    child.on('message', (report: LaunchReport, channel) => this.#take(report, channel as Socket | undefined))
    child.on('error', ({ message }) => this.#lost(child, message))
    child.on('exit', () => this.#lost(child, 'the process that had started it ended'))
    return child
  }

  #take(report: LaunchReport, channel: Socket | undefined): void {
    const process = this.#underway.get(report.id)
    if (report.kind === 'printed') this.#logs.get(report.id)?.(report.print)
    else if (report.kind === 'silent') this.#logs.delete(report.id)
    else if (process !== undefined) this.#advance(process, report, channel)
  }

  #advance(process: Underway, report: LifeReport, channel: Socket | undefined): void {
    if (report.kind === 'promoted') return promoted(process)
    // That it was started says nothing of whether it will be ended.
    if (report.kind !== 'started' || process.isToEnd !== true) answered(process)
    if (report.kind === 'killed') return
    if (report.kind === 'started') {
      process.pid = report.pid
      // One without a channel is of no use, if it has not ended already.
      return channel === undefined ? this.#order(process, { id: report.id, kind: 'kill' }) : process.started.resolve({ pid: report.pid, channel })
    }
    this.#underway.delete(report.id)
    promoted(process)
    if (report.kind === 'failed') {
      process.started.reject(new Error(report.how))
      // What never ran never falls silent.
      this.#logs.delete(report.id)
    }
    process.ended.resolve(report.how)
    // Who waits for the start of one that ended before hears of its end first.
    process.started.reject(new Error(report.how))
    if (this.#child) this.#hold(this.#child)
  }

  #lost(child: ChildProcess | undefined, why: string): void {
    if (child !== this.#child) return
    this.#child = undefined
    const lost = [...this.#underway.values()]
    this.#underway.clear()
    this.#logs.clear()
    for (const process of lost) {
      answered(process)
      promoted(process)
      process.started.reject(new Error(why))
      // Its standard input has closed with the launcher, which ends it, unless it is frozen.
      if (process.pid !== undefined) endTree(process.pid)
      process.ended.resolve(why)
    }
  }

  /** This process does not end while one runs that it has started, or while it waits for the launcher's end, and is not kept by the launcher alone. */
  #hold(child: ChildProcess): void {
    const how = this.#underway.size > 0 || this.#isClosing ? 'ref' : 'unref'
    child[how]()
    child.channel?.[how]()
  }
}

function answered(process: Underway): void {
  clearTimeout(process.overdue)
  process.overdue = undefined
}

function promoted(process: Underway): void {
  process.promoted?.resolve()
  process.promoted = undefined
}
