import { type ChildProcess, spawn } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { ServingError } from '../../contracts/error.ts'
import type { Clock, Deadline } from '../../contracts/ports.ts'
import { encodeFrame, type Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { hostMs, parseReply, type ProcessInfo, type Request } from './message.ts'
import { captureLines, type OutputLine } from './output-lines.ts'
import { type CallLimits, PendingCalls } from './pending-calls.ts'
import { channelFd } from './serve-inference.ts'
import type { Tensor } from './tensor.ts'

/** What a link needs: the file that the process runs, the server's clock, where printed lines go, bounds of waiting calls. */
export type LinkDeps = {
  readonly entry: URL
  readonly clock: Clock
  readonly log: (line: OutputLine) => void
  readonly limits: CallLimits
}

const connectionClosed = 'its connection closed'

/** Nothing of the server's environment, which may hold secrets, but where Node keeps compiled files. */
function environment(): NodeJS.ProcessEnv {
  const compiled = getCompileCacheDir()
  return compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }
}

/**
 * One inference process from its start to its end, and the nameless Unix socket to it (nothing on disk, nobody else can connect). The process runs the same Node
 * binary in `/`, with nothing of the server's environment. A malformed frame or a missed deadline ends the process, never the server.
 */
export class InferenceLink {
  readonly #child: ChildProcess
  readonly #socket: Socket | undefined
  readonly #clock: Clock
  readonly #calls: PendingCalls<readonly Tensor[]>
  readonly #reader = new FrameReader()
  readonly #ready = Promise.withResolvers<ProcessInfo>()
  readonly #ended = Promise.withResolvers<string>()
  #ending: string | undefined

  constructor({ entry, clock, log, limits }: LinkDeps) {
    this.#clock = clock
    this.#calls = new PendingCalls(clock, limits, () => this.end(`it gave no answer within ${limits.graceMs} ms after a deadline`))
    this.#child = spawn(process.execPath, [fileURLToPath(entry)], { cwd: '/', env: environment(), stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
    this.#socket = this.#child.stdio[channelFd] as Socket | undefined
    this.#ready.promise.catch(() => {})
    this.#listen(log)
  }

  /** The process's id; undefined when the machine could not start it. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves to the reason once the process no longer exists. */
  get ended(): Promise<string> {
    return this.#ended.promise
  }

  /** Has the process load its model. Throws what it refuses with, `model_unavailable` when it is not ready after `timeoutMs`, `worker_crashed` when it ends. */
  async load(args: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<ProcessInfo> {
    const timer = setTimeout(() => {
      this.#ready.reject(new ServingError('model_unavailable', `The model was not ready ${timeoutMs} ms after its inference process was started`))
      this.end(`it was not ready after ${timeoutMs} ms`)
    }, timeoutMs)
    this.#send({ kind: 'load', args })
    try {
      return await this.#ready.promise
    } finally {
      clearTimeout(timer)
    }
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
      this.#calls.answer(id, error as ServingError)
    }
    return answer
  }

  /** Ends the process at once; what still waits fails with `worker_crashed`. The first reason stays. */
  end(reason: string): void {
    if (this.#ending !== undefined) return
    this.#ending = reason
    this.#socket?.destroy()
    this.#child.kill('SIGKILL')
    this.#ready.reject(this.#crashed())
    this.#calls.fail(this.#crashed())
  }

  #crashed(): ServingError {
    return new ServingError('worker_crashed', `The model's inference process ended: ${this.#ending}`)
  }

  #send(message: Request, tensors: readonly Tensor[] = []): void {
    if (this.#ending === undefined) this.#socket?.write(encodeFrame({ message, tensors }))
  }

  #listen(log: (line: OutputLine) => void): void {
    const child = this.#child
    child.on('error', (error) => {
      this.end(`the machine could not start it (${error.message})`)
      if (child.pid === undefined) this.#ended.resolve(this.#ending as string)
    })
    child.on('exit', (code, signal) => {
      const how = signal === null ? `it exited with status ${code}` : `signal ${signal} ended it`
      this.end(how)
      // A closed connection is how a death shows first; how it died says more.
      this.#ended.resolve(this.#ending === connectionClosed ? how : (this.#ending as string))
    })
    this.#socket?.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#socket?.on('error', () => {})
    this.#socket?.on('close', () => this.end(connectionClosed))
    child.stdin?.on('error', () => {})
    for (const stream of ['stdout', 'stderr'] as const) {
      const source: Readable | null = child[stream]
      if (source) captureLines(stream, source, { clock: this.#clock, log })
    }
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#handle(frame)
    } catch (error) {
      this.end(error instanceof ServingError ? error.message : `its frame could not be read (${String(error)})`)
    }
  }

  #handle({ message, tensors }: Frame): void {
    const reply = parseReply(message)
    if (reply.kind === 'ready') return this.#ready.resolve(reply.info)
    const outcome = reply.kind === 'answer' ? tensors : new ServingError(reply.code, reply.message)
    if (this.#calls.answer(reply.id, outcome)) return
    if (outcome instanceof ServingError && reply.id === 0) this.#ready.reject(outcome)
    else this.end('it answered a call that nobody made')
  }
}
