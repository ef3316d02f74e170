import type { Socket } from 'node:net'
import { ServingError } from '../../contracts/error.ts'
import type { Clock, Deadline } from '../../contracts/ports.ts'
import type { Command } from '../../processes/command.ts'
import { encodeFrame, type Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { hostMs, parseReply, type ProcessInfo, type Request } from './message.ts'
import type { Launched, Launcher, Started } from '../../processes/launcher.ts'
import type { OutputLine } from '../../processes/output-lines.ts'
import { ProcessorShare } from '../../processes/processor-share.ts'
import { type CallLimits, PendingCalls } from './pending-calls.ts'
import type { Tensor } from './tensor.ts'

/** Bounds of a link: those of its waiting calls, and how often the process must say that it is alive. */
export type LinkLimits = CallLimits & { readonly heartbeatMs: number }

/** What a link needs: how and by whom its process is started, the server's clock, where printed lines go, its bounds, and who is told what memory the process has, in bytes. */
export type LinkDeps = {
  readonly command: Command
  readonly launcher: Launcher
  readonly clock: Clock
  readonly log: (line: OutputLine) => void
  readonly limits: LinkLimits
  readonly onMemory: (rssBytes: number) => void
}

/** A machine that is busy for good must not keep a model from ever being ready: after this share of its time, or where others leave it nothing, it gives way no longer. */
const patience = 1 / 4
const connectionClosed = 'its connection closed'
const unasked = 'it answered a call that nobody made'
const never = new AbortController().signal
const noRoom = (cause: RangeError): ServingError =>
  new ServingError('overloaded', `There is no memory to send the rows to the model now (${cause.message}); ask again`, { cause })

/**
 * One inference process from its start to its end. It must answer a ping at every heartbeat, in the order of its calls. A malformed frame, a missed deadline or a missed heartbeat ends the process, never the server.
 */
export class InferenceLink {
  readonly #launched: Launched
  readonly #clock: Clock
  readonly #calls: PendingCalls<readonly Tensor[]>
  readonly #reader = new FrameReader()
  readonly #ready = Promise.withResolvers<ProcessInfo>()
  readonly #ended = Promise.withResolvers<string>()
  readonly #heartbeatMs: number
  readonly #onMemory: (rssBytes: number) => void
  #pid: number | undefined
  #socket: Socket | undefined
  #heart: NodeJS.Timeout | undefined
  #stopWatching = (): void => {}
  #isReady = false
  #pinged = false
  #ending: string | undefined

  constructor({ command, launcher, clock, log, limits, onMemory }: LinkDeps) {
    this.#clock = clock
    this.#heartbeatMs = limits.heartbeatMs
    this.#onMemory = onMemory
    this.#calls = new PendingCalls(clock, limits, () => this.end(`it gave no answer within ${limits.graceMs} ms after a deadline`))
    this.#launched = launcher.launch(command, log)
    this.#ready.promise.catch(() => {})
    this.#listen()
  }

  /** The process's id; undefined until it runs. */
  get pid(): number | undefined {
    return this.#pid
  }

  /** Is it ended, or about to be? */
  get isEnding(): boolean {
    return this.#ending !== undefined
  }

  /** Calls that it still owes an answer. */
  get waiting(): number {
    return this.#calls.size
  }

  /** Resolves to the reason once the process no longer exists. */
  get ended(): Promise<string> {
    return this.#ended.promise
  }

  /** Has the process load its model, behind all that answers until `promote`. Throws what it refuses with, `model_unavailable` when it is not ready after `timeoutMs`, `worker_crashed` when it ends. */
  async load(args: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<ProcessInfo> {
    const timer = setTimeout(() => {
      this.#ready.reject(new ServingError('model_unavailable', `The model was not ready ${timeoutMs} ms after its inference process was started`))
      this.end(`it was not ready after ${timeoutMs} ms`)
    }, timeoutMs)
    if (this.#ending === undefined) this.#watch(timeoutMs)
    this.#launched.started
      .then(() => this.#send({ kind: 'load', args }))
      .catch((error: Error) => this.end(error.message, error instanceof ServingError ? error : undefined))
    try {
      const info = await this.#ready.promise
      if (this.#ending === undefined) this.#heart = setInterval(() => this.#ping(), this.#heartbeatMs)
      return info
    } finally {
      clearTimeout(timer)
    }
  }

  /** Lets the process compute beside what answers; resolves when it does, or after a heartbeat. */
  async promote(): Promise<void> {
    this.#stopWatching()
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, this.#heartbeatMs)
    await Promise.race([this.#launched.promote(), late.promise])
    clearTimeout(timer)
  }

  /** One call, behind those that wait already. Throws `deadline_exceeded`, `overloaded`, `worker_crashed`, and what the process refuses with. */
  async call(tensors: readonly Tensor[], deadline: Deadline): Promise<readonly Tensor[]> {
    const bytes = tensors.reduce((sum, { data }) => sum + data.byteLength, 0)
    this.#calls.admit(bytes, deadline)
    if (this.#ending !== undefined) throw this.#crashed()
    const { id, answer } = this.#calls.add(bytes, deadline, (abandoned) => this.#send({ kind: 'cancel', id: abandoned }))
    try {
      this.#send({ kind: 'call', id, until: hostMs() + deadline.at - this.#clock.monotonic() }, tensors)
    } catch (error) {
      this.#calls.refuse(id, error instanceof RangeError ? noRoom(error) : (error as Error))
    }
    return answer
  }

  /** Ends the process once it owes no answer any more; whoever calls this makes no more calls. */
  async retire(reason: string): Promise<void> {
    await this.#calls.idle()
    this.end(reason)
  }

  /** Ends the process at once; what still waits fails with `worker_crashed` unless another error is given. The first reason stays. */
  end(reason: string, failure?: ServingError): void {
    if (this.#ending !== undefined) return
    this.#ending = reason
    this.#stopWatching()
    clearInterval(this.#heart)
    this.#socket?.destroy()
    this.#launched.kill()
    this.#ready.reject(failure ?? this.#crashed())
    this.#calls.fail(failure ?? this.#crashed())
  }

  /** One that gives way has its share all the same where others leave it nothing, or for long. */
  #watch(timeoutMs: number): void {
    const wait = setTimeout(() => void this.#launched.promote(), timeoutMs * patience)
    const share = new ProcessorShare(() => this.#pid)
    const look = setInterval(() => void (share.isStarved(this.#heartbeatMs) && this.#launched.promote()), this.#heartbeatMs)
    this.#stopWatching = () => {
      clearTimeout(wait)
      clearInterval(look)
    }
  }

  /** One ping at a time: while calls are computed it waits its turn, and the calls' own deadlines are what is watched. */
  #ping(): void {
    if (this.#pinged) return
    this.#pinged = true
    const deadline = { at: this.#clock.monotonic() + this.#heartbeatMs, signal: never }
    const { id, answer } = this.#calls.add(0, deadline, () => {})
    this.#send({ kind: 'ping', id })
    answer.catch(() => {})
  }

  #crashed(): ServingError {
    return new ServingError('worker_crashed', `The model's inference process ended: ${this.#ending}`)
  }

  #send(message: Request, tensors: readonly Tensor[] = []): void {
    if (this.#ending === undefined) this.#socket?.write(encodeFrame({ message, tensors }))
  }

  #listen(): void {
    const { started, ended } = this.#launched
    started.then(
      (process) => this.#connect(process),
      (error: Error) => this.end(`the machine could not start it (${error.message})`),
    )
    void ended.then((how) => this.#over(how))
  }

  /** It no longer exists. A closed connection is how a death shows first; how it died says more. */
  #over(how: string): void {
    this.end(how)
    this.#ended.resolve(this.#ending === connectionClosed ? how : (this.#ending as string))
  }

  #connect({ pid, channel }: Started): void {
    this.#pid = pid
    this.#socket = channel
    channel.on('data', (chunk: Buffer) => this.#receive(chunk))
    channel.on('error', () => {})
    channel.on('close', () => this.end(connectionClosed))
    if (this.#ending !== undefined) channel.destroy()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#handle(frame)
    } catch (error) {
      this.end(error instanceof ServingError ? error.message : `its frame could not be read (${String(error)})`)
    }
  }

  /** Once: foreign code that says so without end would keep the server busy with reading it. */
  #becomeReady(info: ProcessInfo): void {
    if (this.#isReady) return this.end('it said again that it is ready')
    this.#isReady = true
    this.#ready.resolve(info)
  }

  #refuse(id: number, refusal: ServingError): void {
    if (this.#calls.refuse(id, refusal)) return
    if (id === 0 && !this.#isReady) this.#ready.reject(refusal)
    else this.end(unasked)
  }

  #handle({ message, tensors }: Frame): void {
    const reply = parseReply(message)
    if (reply.kind === 'ready') return this.#becomeReady(reply.info)
    if (reply.kind === 'pong') {
      this.#pinged = false
      this.#onMemory(reply.rssBytes)
    }
    if (reply.kind === 'refused') this.#refuse(reply.id, new ServingError(reply.code, reply.message))
    else if (!this.#calls.answer(reply.id, tensors)) this.end(unasked)
  }
}
