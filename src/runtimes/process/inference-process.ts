import { ServingError } from '../../contracts/error.ts'
import type { Meter } from '../../contracts/meter.ts'
import type { Clock, Deadline, Random } from '../../contracts/ports.ts'
import { GrowingWaits } from '../../resilience/growing-waits.ts'
import type { Command } from '../../processes/command.ts'
import { givenUp } from './given-up.ts'
import { InferenceLink } from './inference-link.ts'
import type { ProcessInfo } from './message.ts'
import type { Launcher } from '../../processes/launcher.ts'
import type { OutputLine } from '../../processes/output-lines.ts'
import type { ProcessEvent, ReplacementCause } from './process-event.ts'
import { defaultLimits, type ProcessLimits, requireRoom } from './process-limits.ts'
import { Recycling } from './recycling.ts'
import type { Tensor } from './tensor.ts'
import { unloaded } from './unloaded.ts'

/** What supervision needs from the outside. */
export type ProcessDeps = {
  readonly launcher: Launcher
  readonly clock: Clock
  readonly random: Random
  /** Each line that the process prints. */
  readonly log: (line: OutputLine) => void
  /** Told of every start and end. */
  readonly onEvent?: (event: ProcessEvent) => void
  /** Hears of what operators should know. */
  readonly warn?: (message: string) => void
  /** Where batches, queues and restarts are measured. */
  readonly meter?: Meter
}

/** How the process is started, and what it is told to load: `first` is what the first process said about the model, so that a restart can insist on the same. */
export type ProcessSpec = {
  readonly command: Command
  readonly args: (first: ProcessInfo | undefined) => Readonly<Record<string, unknown>>
  readonly limits?: Partial<ProcessLimits>
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

type State =
  | { readonly at: 'starting' | 'up'; readonly link: InferenceLink; readonly since: number }
  | { readonly at: 'down'; readonly until: number; readonly timer: NodeJS.Timeout }
  | { readonly at: 'disposed' }

/**
 * Keeps one inference process running: starts it, restarts it with growing waits when it ends, and fails calls fast meanwhile. One that has answered its share of calls, or has grown too
 * large, goes on until a fresh one is ready, and ends when it owes no answer. Make it with `startInferenceProcess`.
 */
export class InferenceProcess {
  readonly #spec: ProcessSpec
  readonly #deps: ProcessDeps
  readonly #limits: ProcessLimits
  #state: State
  readonly #waits: GrowingWaits
  readonly #recycling: Recycling
  #trouble: string | undefined
  #startMs = 0
  #info: ProcessInfo | undefined
  #calls = 0
  /** Processes that exist: the one that answers, one that is to take its place, one whose place was taken and that owes answers still. */
  readonly #links = new Set<InferenceLink>()

  constructor(spec: ProcessSpec, deps: ProcessDeps) {
    this.#spec = spec
    this.#deps = deps
    this.#limits = { ...defaultLimits, ...spec.limits }
    this.#waits = new GrowingWaits(this.#limits, deps.random)
    this.#recycling = new Recycling(deps, this.#limits)
    this.#state = this.#launch()
  }

  /** What the newest process said when it was ready. */
  get info(): ProcessInfo | undefined {
    return this.#info
  }

  /** The running process's id; undefined while there is none. */
  get pid(): number | undefined {
    return 'link' in this.#state ? this.#state.link.pid : undefined
  }

  /** Can it answer at this moment? */
  get isUp(): boolean {
    return this.#state.at === 'up' && !this.#state.link.isEnding
  }

  /** Why it does not answer at the moment; undefined once it does, and before it first did. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Calls that it owes an answer. */
  get waiting(): number {
    return 'link' in this.#state ? this.#state.link.waiting : 0
  }

  /**
   * One call. Throws `model_unavailable` (with `retryAfterMs`) while the process is down or starting, `deadline_exceeded`, `overloaded`, `worker_crashed`, and
   * whatever the model refuses the call with.
   */
  async call(tensors: readonly Tensor[], deadline: Deadline): Promise<readonly Tensor[]> {
    const state = this.#state
    if (state.at === 'up') {
      this.#calls += 1
      if (this.#calls >= this.#limits.recycleCalls) void this.#recycle('calls', `it has answered ${this.#calls} calls`)
      return state.link.call(tensors, deadline)
    }
    if (state.at === 'disposed') throw unloaded()
    const wait = (state.at === 'down' ? state.until : state.since) + this.#startMs - this.#deps.clock.monotonic()
    throw new ServingError('model_unavailable', `The model does not answer: ${this.#trouble}`, { retryAfterMs: Math.ceil(Math.max(1, wait)) })
  }

  /** Waits for the load of the process that is starting. Throws what it refuses with; ends everything when `signal` aborts. */
  async ready(signal?: AbortSignal): Promise<ProcessInfo> {
    const { link, since } = this.#state as State & { at: 'starting' }
    const abort = (): void => link.end('its load was given up')
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    try {
      const info = await link.load(this.#spec.args(this.#info), this.#limits.startMs)
      if (this.#info === undefined) requireRoom(info, this.#limits)
      this.#up(link, since, info)
      return info
    } catch (error) {
      throw signal?.aborted === true ? givenUp(signal) : error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Lets the process compute beside what answers: it gives way until then. One that is started later does so once it is ready. Resolves when it does. */
  async promote(): Promise<void> {
    if (this.#state.at === 'up') await this.#state.link.promote()
  }

  /** Ends the process and never starts it again; resolves when it no longer exists. Waiting calls fail with `model_unavailable`, as later ones do. */
  async dispose(): Promise<void> {
    const state = this.#state
    this.#state = { at: 'disposed' }
    if (state.at === 'down') clearTimeout(state.timer)
    for (const link of this.#links) link.end('the model was unloaded', unloaded())
    await Promise.all([...this.#links].map(({ ended }) => ended))
  }

  #launch(): State & { at: 'starting' } {
    const { clock, launcher, log } = this.#deps
    const onMemory = (rssBytes: number): void => this.#measured(link, rssBytes)
    const link: InferenceLink = new InferenceLink({ command: this.#spec.command, launcher, clock, log, limits: this.#limits, onMemory })
    this.#links.add(link)
    void link.ended.then((reason) => this.#down(link, reason))
    return { at: 'starting', link, since: clock.monotonic() }
  }

  #measured(link: InferenceLink, rssBytes: number): void {
    if (this.#state.at !== 'up' || this.#state.link !== link || this.#info === undefined) return
    this.#info = { ...this.#info, rssBytes }
    if (rssBytes > this.#limits.recycleBytes) void this.#recycle('memory', `it has grown to ${Math.round(rssBytes / 2 ** 20)} MiB`)
  }

  /** A fresh process is started beside the one that answers, which goes on until that can take over. */
  async #recycle(cause: ReplacementCause, reason: string): Promise<void> {
    if (this.#state.at !== 'up' || !this.#recycling.begin()) return
    const old = this.#state.link
    const { link, since } = this.#launch()
    try {
      const info = await link.load(this.#spec.args(this.#info), this.#limits.startMs)
      await link.promote()
      if (link.isEnding) throw new ServingError('worker_crashed', 'it ended before it could take over')
      if (!this.#succeed(old, { link, since, info })) return link.end('there is nothing left to take over')
      // A fresh process may soon be as large.
      if (cause === 'memory') this.#recycling.failed()
      this.#deps.onEvent?.({ kind: 'recycled', pid: old.pid, cause, reason })
      await old.retire(`a fresh process took its place: ${reason}`)
    } catch (error) {
      link.end(textOf(error))
      this.#keep(old, { cause, reason, failure: textOf(error) })
    } finally {
      this.#recycling.end()
    }
  }

  /** None could take over; that is no news of one that has ended meanwhile. */
  #keep(old: InferenceLink, what: { readonly cause: ReplacementCause; readonly reason: string; readonly failure: string }): void {
    const retryAfterMs = this.#recycling.failed()
    if (this.#state.at === 'up' && this.#state.link === old) this.#deps.onEvent?.({ kind: 'kept', ...what, retryAfterMs })
  }

  #succeed(old: InferenceLink, { link, since, info }: { readonly link: InferenceLink; readonly since: number; readonly info: ProcessInfo }): boolean {
    if (this.#state.at !== 'up' || this.#state.link !== old) return false
    this.#state = { at: 'starting', link, since }
    this.#up(link, since, info)
    return true
  }

  #up(link: InferenceLink, since: number, info: ProcessInfo): void {
    if (this.#state.at !== 'starting' || this.#state.link !== link) return
    const now = this.#deps.clock.monotonic()
    this.#info = info
    this.#trouble = undefined
    this.#calls = 0
    this.#startMs = now - since
    this.#state = { at: 'up', link, since: now }
    this.#deps.onEvent?.({ kind: 'ready', pid: link.pid as number, startMs: this.#startMs })
  }

  #down(link: InferenceLink, reason: string): void {
    this.#links.delete(link)
    const state = this.#state
    if (!('link' in state) || state.link !== link || this.#info === undefined) return
    const upMs = state.at === 'up' ? this.#deps.clock.monotonic() - state.since : 0
    this.#retryLater(reason, { pid: link.pid, upMs })
  }

  #retryLater(reason: string, { pid, upMs }: { readonly pid: number | undefined; readonly upMs: number }): void {
    const { clock, onEvent } = this.#deps
    const retryAfterMs = this.#waits.after(upMs)
    this.#trouble = `its inference process ended (${reason}) and is started again`
    const timer = setTimeout(() => void this.#restart(), retryAfterMs)
    this.#state = { at: 'down', until: clock.monotonic() + retryAfterMs, timer }
    onEvent?.({ kind: 'ended', pid, reason, retryAfterMs })
  }

  async #restart(): Promise<void> {
    let link: InferenceLink | undefined
    try {
      const state = this.#launch()
      this.#state = state
      link = state.link
      await this.ready()
      void link.promote()
    } catch (error) {
      // A refused load is an end like any other: the next attempt comes later, since the cause (a changed file, a full disk) may go away.
      if (link) link.end(textOf(error))
      else this.#retryLater(textOf(error), { pid: undefined, upMs: 0 })
    }
  }
}

/** Starts an inference process and waits until it is ready; it gives way until `promote`. Throws what the first load refuses with, and leaves nothing behind then. */
export async function startInferenceProcess(spec: ProcessSpec, deps: ProcessDeps, signal?: AbortSignal): Promise<InferenceProcess> {
  const started = new InferenceProcess(spec, deps)
  try {
    await started.ready(signal)
    return started
  } catch (error) {
    await started.dispose()
    throw error
  }
}
