import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { ServingError } from '../../contracts/error.ts'
import { encodeFrame, type Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { channelFd } from '../../processes/launch-message.ts'
import { leaveSignals } from '../../processes/leave-signals.ts'
import { holdLifeline } from '../../processes/lifeline.ts'
import { hostMs, parseRequest, refusal, type Reply } from './message.ts'
import type { Tensor } from './tensor.ts'

/** A model inside its process: what it says about itself, and one call (tensors in, tensors out, given up after `until` on the clock of `hostMs`). */
export type ProcessModel = {
  readonly info: Readonly<Record<string, unknown>>
  call(tensors: readonly Tensor[], until: number): Promise<readonly Tensor[]>
}
/** Makes the model from what the server sent; its errors reach the server as refusals. */
export type LoadProcessModel = (args: Readonly<Record<string, unknown>>) => Promise<ProcessModel>

type QueuedCall = { readonly kind: 'call' | 'ping'; readonly id: number; readonly until: number; readonly tensors: readonly Tensor[]; cancelled: boolean }

const tooLate = new ServingError('deadline_exceeded', 'The deadline passed before the model came to this call')

/** The inference process's side of the channel: loads once, then answers calls one after the other. */
class InferenceServer {
  readonly #load: LoadProcessModel
  readonly #socket: Socket
  readonly #queue: QueuedCall[] = []
  #model: ProcessModel | undefined
  #working = false

  constructor(load: LoadProcessModel, socket: Socket) {
    this.#load = load
    this.#socket = socket
  }

  receive({ message, tensors }: Frame): void {
    const request = parseRequest(message)
    if (request.kind === 'load') void this.#answerLoad(request.args)
    else if (request.kind === 'cancel') this.#cancel(request.id)
    else {
      const { kind, id } = request
      this.#queue.push({ kind, id, until: kind === 'call' ? request.until : Infinity, tensors, cancelled: false })
      if (!this.#working) void this.#work()
    }
  }

  #cancel(id: number): void {
    const call = this.#queue.find((queued) => queued.id === id)
    if (call) call.cancelled = true
  }

  #send(message: Reply, tensors: readonly Tensor[] = []): void {
    this.#socket.write(encodeFrame({ message, tensors }))
  }

  async #answerLoad(args: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      this.#model = await this.#load(args)
      this.#send({ kind: 'ready', info: { ...this.#model.info, rssBytes: process.memoryUsage.rss() } })
    } catch (error) {
      this.#send(refusal(0, error))
    }
  }

  async #work(): Promise<void> {
    this.#working = true
    for (let call = this.#queue.shift(); call; call = this.#queue.shift()) {
      if (call.kind === 'ping') this.#send({ kind: 'pong', id: call.id, rssBytes: process.memoryUsage.rss() })
      else await this.#answerCall(call)
      // Computing blocks this thread: let cancellations that came meanwhile be read before the next call.
      await setImmediate()
    }
    this.#working = false
  }

  async #answerCall({ id, until, tensors, cancelled }: QueuedCall): Promise<void> {
    try {
      if (!this.#model) throw new ServingError('model_loading', 'The model is not loaded yet')
      if (cancelled || hostMs() >= until) throw tooLate
      this.#send({ kind: 'answer', id }, await this.#model.call(tensors, until))
    } catch (error) {
      this.#send(refusal(id, error))
    }
  }
}

/**
 * Turns this process into an inference process: it talks on descriptor 3, and ends when that connection or standard input ends (the server went away) or when a
 * malformed frame arrives, not by a signal that reaches every process. Standard output and error stay free for whatever the model prints.
 */
export function serveInference(load: LoadProcessModel): void {
  leaveSignals()
  holdLifeline()
  const socket = new Socket({ fd: channelFd, readable: true, writable: true })
  const server = new InferenceServer(load, socket)
  const reader = new FrameReader()
  socket.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) server.receive(frame)
  })
  socket.on('error', () => {})
  socket.on('close', () => process.exit(0))
}
