import type { Socket } from 'node:net'
import { getPriority } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ServingError } from '../contracts/error.ts'
import { nodeCommand } from '../processes/command.ts'
import { giveBack } from '../processes/large-memory.ts'
import type { Launched, Launcher, Started } from '../processes/launcher.ts'
import type { OutputLine } from '../processes/output-lines.ts'
import { ownProcessorMs } from '../processes/process-tree.ts'
import { ProcessorShare } from '../processes/processor-share.ts'
import { ValueStream, valueParts } from '../processes/value-stream.ts'
import type { ManifestFile } from './manifest-file.ts'
import { hurried, type ManifestReading, type PrepareAnswer, type UnreadManifest } from './prepare-answer.ts'
import type { PreparedBundle } from './prepare-bundle.ts'

/** Until when a bundle is wanted, and whether a request waits for it by now: none does unless it says so. */
export type Wanted = { readonly signal: AbortSignal; readonly isUrgent?: () => boolean }

type Answered = Exclude<PrepareAnswer, { readonly code: unknown }>
type Waiting = { readonly asked: ManifestFile | UnreadManifest; readonly wanted: Wanted; readonly giveUp: () => void } & PromiseWithResolvers<Answered>

const entry = new URL('./prepare-child.ts', import.meta.url)
const idleMs = 10_000
/** How often a process that takes what others leave is looked at. */
const lookMs = 1_000
/** How long a bundle may take: far more than the largest needs, so what takes longer hangs, and everybody who waits for a load with it. */
const mostMs = 600_000

/**
 * One process that reads, checks and compiles bundles, one after the other, behind those that answer: memory, garbage and threads of a load are its own. It stays for some seconds after the
 * last one: starting it costs more than most bundles do, and where models come and go the next one is near; where all are loaded, nothing of it should stay.
 */
export class PrepareProcess {
  readonly #launcher: Launcher
  readonly #log: (line: OutputLine) => void
  readonly #whenLate: (act: () => void, ms: number) => NodeJS.Timeout
  readonly #waiting: Waiting[] = []
  #current: Waiting | undefined
  #running: Launched | undefined
  /** Has the process a share of its own? */
  #isHurried = false
  /** Does the server answer nobody yet? */
  #isStarting = false
  /** Did others leave nothing, not long ago? */
  #isCrowded = false
  #channel: Socket | undefined
  #pid: number | undefined
  #idle: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined

  /** `log` takes what the process prints, which is its last words; `whenLate` sets the timer of a bundle. */
  constructor(launcher: Launcher, log: (line: OutputLine) => void, whenLate: (act: () => void, ms: number) => NodeJS.Timeout = setTimeout) {
    this.#launcher = launcher
    this.#log = log
    this.#whenLate = whenLate
  }

  /** The bundle, ready for its runtime. Throws what `prepareBundle` throws, and `deadline_exceeded` when the signal aborts first. Always settles. */
  async prepare(file: ManifestFile, wanted: Wanted): Promise<PreparedBundle> {
    return ((await this.#inTurn(file, wanted)) as Extract<Answered, { readonly prepared: unknown }>).prepared
  }

  /** What a `model.yaml` says that takes long to parse. Throws only where the process does not answer, and `deadline_exceeded`. Always settles. */
  async read(unread: UnreadManifest, wanted: Wanted): Promise<ManifestReading> {
    return ((await this.#inTurn(unread, wanted)) as Extract<Answered, { readonly reading: unknown }>).reading
  }

  #inTurn(asked: ManifestFile | UnreadManifest, wanted: Wanted): Promise<Answered> {
    const { signal } = wanted
    const waiting: Waiting = { asked, wanted, giveUp: () => this.#giveUp(waiting), ...Promise.withResolvers<Answered>() }
    this.#waiting.push(waiting)
    if (signal.aborted) this.#giveUp(waiting)
    else signal.addEventListener('abort', waiting.giveUp, { once: true })
    this.#next()
    return waiting.promise
  }

  /** Starts the process ahead of the first bundles, for a server that answers nobody before it has them. */
  start(): void {
    this.#isStarting = true
    this.#running ??= this.#launch(true)
    this.#next()
  }

  /** From now on requests are answered, and bundles that none of them waits for take what others leave. */
  serve(): void {
    this.#isStarting = false
  }

  /** Ends the process if it has nothing to do; the next bundle starts another. */
  rest(): void {
    this.#isCrowded = false
    if (this.#current === undefined) this.#end()
  }

  #next(): void {
    if (this.#current !== undefined) return
    clearTimeout(this.#idle)
    this.#current = this.#waiting.shift()
    if (this.#current === undefined) this.#idle = setTimeout(() => this.rest(), idleMs).unref()
    else {
      const isHurried = this.#isStarting || this.#isCrowded || this.#current.wanted.isUrgent?.() === true
      // One that gives way may be all that it takes, and is there already; one with a share never is for a bundle that can wait.
      if (this.#isHurried && !isHurried) this.#end()
      this.#running ??= this.#launch(isHurried)
      this.#watch()
      this.#ask()
    }
  }

  /** Of a process that takes what others leave it is looked at whether that is anything. */
  #watch(share = this.#isHurried ? undefined : new ProcessorShare(() => this.#pid, ownProcessorMs), leftMs = mostMs): void {
    const look = (): void => {
      if (share?.isStarved(lookMs) === true) this.#hurry()
      else if (share === undefined || leftMs <= lookMs) this.#refuse()
      else this.#watch(share, leftMs - lookMs)
    }
    this.#patience = this.#whenLate(look, share === undefined ? mostMs : lookMs)
  }

  /** On a machine that has nothing to spare the bundle would never be ready: another process begins again, with a share of its own. It stays while bundles come: those that follow would fare no better. */
  #hurry(): void {
    this.#isCrowded = true
    this.#end()
    this.#running = this.#launch(true)
    this.#watch()
  }

  #refuse(): void {
    this.#end()
    this.#settle({
      code: 'model_unavailable',
      message: `The bundle was not read within ${mostMs / 60_000} min: the loading process hung and was ended`,
    })
  }

  /** Now, or once the process runs. */
  #ask(): void {
    if (this.#current && this.#channel) for (const part of valueParts(this.#current.asked)) this.#channel.write(part)
  }

  #launch(isHurried: boolean): Launched {
    this.#isHurried = isHurried
    const { args, ...command } = nodeCommand(entry)
    // Whoever answers may wait for what wakes up beside it, of whatever policy, until the next tick: helpers of the engine wake up all the time.
    const oneThread = '--single-threaded'
    const launched = this.#launcher.launch({ ...command, args: [oneThread, ...args, String(getPriority()), ...(isHurried ? [hurried] : [])] }, this.#log, {
      hasShare: isHurried,
    })
    void launched.started.then(
      ({ channel, pid }) => this.#connect(launched, { channel, pid }),
      () => {},
    )
    void launched.ended.then((how) => this.#failed(launched, how))
    return launched
  }

  #connect(launched: Launched, { channel, pid }: Started): void {
    if (launched !== this.#running) return void channel.destroy()
    channel.on('error', () => {})
    this.#channel = channel
    this.#pid = pid
    void this.#listen(launched, channel)
    this.#ask()
  }

  /** A piece a turn: a stream that flows hands over all that has come, megabytes of a forest, in one. */
  async #listen(launched: Launched, channel: Socket): Promise<void> {
    const answers = new ValueStream((answer) => this.#settle(answer as PrepareAnswer))
    try {
      for await (const chunk of channel) {
        if (launched !== this.#running) return
        answers.push(chunk as Buffer)
        giveBack(chunk as Buffer<ArrayBuffer>)
        await nextTurn()
      }
    } catch (error) {
      if (channel.errored === error) return // its end is told by what was launched
      this.#failed(launched, `it answered what cannot be read: ${String(error)}`)
      launched.kill()
    }
  }

  #failed(launched: Launched, how: string): void {
    if (launched !== this.#running) return
    this.#forget()
    if (this.#current)
      this.#settle({ code: 'model_unavailable', message: `The bundle could not be read: the loading process ended without an answer (${how})` })
  }

  #end(): void {
    clearTimeout(this.#idle)
    this.#running?.kill()
    this.#forget()
  }

  #forget(): void {
    this.#channel?.destroy()
    this.#running = this.#channel = this.#pid = undefined
  }

  #settle(answer: PrepareAnswer): void {
    clearTimeout(this.#patience)
    const { resolve, reject, wanted, giveUp } = this.#current as Waiting
    wanted.signal.removeEventListener('abort', giveUp)
    if ('code' in answer) reject(new ServingError(answer.code, answer.message))
    else resolve(answer)
    this.#current = undefined
    this.#next()
  }

  /** Nobody wants this bundle any more: it leaves the line, or the process that is at it is ended. */
  #giveUp(waiting: Waiting): void {
    waiting.reject(new ServingError('deadline_exceeded', 'The load was given up before the bundle was read'))
    if (waiting !== this.#current) return void this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
    clearTimeout(this.#patience)
    this.#current = undefined
    this.#end()
    this.#next()
  }
}
