import { ServingError } from '../../contracts/error.ts'
import type { Meter } from '../../contracts/meter.ts'
import type { Clock, Deadline, Random } from '../../contracts/ports.ts'
import { backoffMs } from '../../resilience/backoff.ts'
import type { Command } from '../../processes/command.ts'
import { givenUp } from './given-up.ts'
import { InferenceLink } from './inference-link.ts'
import type { ProcessInfo } from './message.ts'
import type { Launcher } from '../../processes/launcher.ts'
import type { OutputLine } from '../../processes/output-lines.ts'
import { defaultLimits, type ProcessLimits } from './process-limits.ts'
import type { Tensor } from './tensor.ts'
import { unloaded } from './unloaded.ts'

/** What happened to an inference process: it can answer, it ended and will be started again after `retryAfterMs`, or a fresh one is to take its place. */
export type ProcessEvent =
  | { readonly kind: 'ready'; readonly pid: number; readonly startMs: number }
  | { readonly kind: 'recycled'; readonly pid: number | undefined; readonly reason: string }
  | { readonly kind: 'ended'; readonly pid: number | undefined; readonly reason: string; readonly retryAfterMs: number }

/** What supervision needs from the outside. */
export type ProcessDeps = {
  readonly launcher: Launcher
  readonly clock: Clock
  readonly random: Random
  /** Each line that the process prints. */
  readonly log: (line: OutputLine) => void
  /** Told of every start and end. */
  readonly onEvent?: (event: ProcessEvent) => void
  /** Where batches and queues are measured. */
  readonly meter?: Meter
}

/** How the process is started, and what it is told to load: `first` is what the first process said about the model, so that a restart can insist on the same. */
export type ProcessSpec = {
  readonly command: Command
  readonly args: (first: ProcessInfo | undefined) => Readonly<Record<string, unknown>>
  readonly limits?: Partial<ProcessLimits>
}

type State =
  | { readonly at: 'starting'; readonly link: InferenceLink; readonly since: number }
  | { readonly at: 'up'; readonly link: InferenceLink; readonly since: number }
  | { readonly at: 'down'; readonly until: number; readonly reason: string; readonly timer: NodeJS.Timeout }
  | { readonly at: 'disposed' }

const inMebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/**
 * Keeps one inference process running: starts it, restarts it with growing waits when it ends, and fails calls fast meanwhile. One that has answered its share of calls, or has grown too
 * large, goes on until a fresh one is ready, and ends when it owes no answer. Make it with `startInferenceProcess`.
 */
export class InferenceProcess {
  readonly #spec: ProcessSpec
  readonly #deps: ProcessDeps
  readonly #limits: ProcessLimits
  #state: State
  #failures = 0
  #startMs = 0
  #info: ProcessInfo | undefined
  #calls = 0
  #isReplacing = false
  /** Processes that exist: the one that answers, one that is to take its place, one whose place was taken and that owes answers still. */
  readonly #links = new Set<InferenceLink>()

  constructor(spec: ProcessSpec, deps: ProcessDeps) {
    this.#spec = spec
    this.#deps = deps
    this.#limits = { ...defaultLimits, ...spec.limits }
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
      if (this.#calls >= this.#limits.recycleCalls) void this.#recycle(`it has answered ${this.#calls} calls`)
      return state.link.call(tensors, deadline)
    }
    if (state.at === 'disposed') throw unloaded()
    const now = this.#deps.clock.monotonic()
    const [wait, why] =
      state.at === 'down' ? [state.until - now + this.#startMs, state.reason] : [state.since + this.#startMs - now, 'it is being started again']
    throw new ServingError('model_unavailable', `The model's inference process is not running: ${why}`, { retryAfterMs: Math.ceil(Math.max(1, wait)) })
  }

  /** Waits for the load of the process that is starting. Throws what it refuses with; ends everything when `signal` aborts. */
  async ready(signal?: AbortSignal): Promise<ProcessInfo> {
    const { link, since } = this.#state as State & { at: 'starting' }
    const abort = (): void => link.end('its load was given up')
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    try {
      const info = await this.#load(link)
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

  /** One that is too large from the beginning would be replaced without end. */
  async #load(link: InferenceLink): Promise<ProcessInfo> {
    const { startMs, recycleBytes } = this.#limits
    const info = await link.load(this.#spec.args(this.#info), startMs)
    if (info.rssBytes <= recycleBytes) return info
    throw new ServingError(
      'model_memory_exceeded',
      `The loaded model takes ${inMebibytes(info.rssBytes)}, limits.memory (models.processMemoryMb where that is not set) allows ${inMebibytes(recycleBytes)}`,
    )
  }

  #measured(link: InferenceLink, rssBytes: number): void {
    if (this.#state.at !== 'up' || this.#state.link !== link || this.#info === undefined) return
    this.#info = { ...this.#info, rssBytes }
    if (rssBytes > this.#limits.recycleBytes) void this.#recycle(`it has grown to ${inMebibytes(rssBytes)}`)
  }

  /** A fresh process is started beside the one that answers; if it cannot take over, the next call or heartbeat tries again. */
  async #recycle(reason: string): Promise<void> {
    if (this.#isReplacing || this.#state.at !== 'up') return
    this.#isReplacing = true
    const { link, since } = this.#launch()
    const old = this.#state.link
    try {
      const info = await this.#load(link)
      await link.promote()
      if (link.isEnding) return
      if (!this.#succeed(old, { link, since, info })) return link.end('there is nothing left to take over')
      this.#deps.onEvent?.({ kind: 'recycled', pid: old.pid, reason })
      await old.retire(`a fresh process took its place: ${reason}`)
    } catch (error) {
      link.end(String(error))
    } finally {
      this.#isReplacing = false
    }
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
    this.#calls = 0
    this.#startMs = now - since
    this.#state = { at: 'up', link, since: now }
    this.#deps.onEvent?.({ kind: 'ready', pid: link.pid as number, startMs: this.#startMs })
  }

  #down(link: InferenceLink, reason: string): void {
    this.#links.delete(link)
    const state = this.#state
    if (!('link' in state) || state.link !== link || this.#info === undefined) return
    const steady = state.at === 'up' && this.#deps.clock.monotonic() - state.since >= this.#limits.steadyMs
    if (steady) this.#failures = 0
    this.#retryLater(reason, link.pid)
  }

  #retryLater(reason: string, pid: number | undefined): void {
    const { clock, random, onEvent } = this.#deps
    this.#failures += 1
    const retryAfterMs = backoffMs(this.#failures, this.#limits.backoff, random)
    const timer = setTimeout(() => void this.#restart(), retryAfterMs)
    this.#state = { at: 'down', until: clock.monotonic() + retryAfterMs, reason, timer }
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
      const reason = error instanceof Error ? error.message : String(error)
      if (link) link.end(reason)
      else this.#retryLater(reason, undefined)
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
