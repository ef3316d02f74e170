import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ServingError } from '../contracts/error.ts'
import type { HistoryAnswers, HistoryCall, HistoryReply, HistoryRequest } from './history-message.ts'

const entry = fileURLToPath(new URL('./child.ts', import.meta.url))

/** What of the environment the process gets: where Node keeps compiled files, nothing of the server's. */
function environment(): Record<string, string> {
  const compiled = getCompileCacheDir()
  return compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }
}

/**
 * DuckDB in a process of its own, for as long as it is needed: started by the constructor, ended by `close`. Requests are answered in their order. When the process dies, what waits
 * and what comes later is refused with `store_unavailable` and the reason; files that it was writing are not there, those that it had written are whole.
 */
export class HistoryProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ended = Promise.withResolvers<void>()
  readonly #ready = Promise.withResolvers<unknown>()
  #ending: ServingError | undefined
  #errors = ''
  #calls = 0
  constructor() {
    this.#child = fork(entry, [], { serialization: 'advanced', execArgv: [], env: environment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#ready.promise.catch(() => {})
    this.#waiting.set(0, this.#ready)
    this.#child.on('message', (reply: HistoryReply) => this.#receive(reply))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors = (this.#errors + String(chunk)).slice(-2_000)))
    this.#child.on('error', (error) => this.#end(`it could not be started (${error.message})`))
    this.#child.on('exit', (code, signal) => void this.#exited(signal === null ? `it exited with status ${code}` : `signal ${signal} ended it`))
  }

  /** Id of the process; undefined if the machine could not start it. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** One request. Throws what it is refused with. */
  async call<Kind extends HistoryRequest['kind']>(request: HistoryRequest & { readonly kind: Kind }): Promise<HistoryAnswers[Kind]> {
    await this.#ready.promise
    if (this.#ending) throw this.#ending
    const id = ++this.#calls
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#child.send({ id, request } satisfies HistoryCall, (error) => error && this.#settle(id, (waiting) => waiting.reject(this.#ending ?? error)))
    return (await answer.promise) as HistoryAnswers[Kind]
  }

  /** A name that no table or reading of this process has. */
  name(): string {
    return `t${++this.#calls}`
  }

  /** Ends the process; resolves when it no longer exists. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#ended.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #receive(reply: HistoryReply): void {
    this.#settle(reply.id, (waiting) =>
      'answer' in reply ? waiting.resolve(reply.answer) : waiting.reject(new ServingError(reply.refused.code, reply.refused.message)),
    )
  }

  #settle(id: number, how: (waiting: PromiseWithResolvers<unknown>) => void): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (waiting) how(waiting)
  }

  /** Node tells of `close` only if the child disconnects first, so the end of what it prints is waited for here. */
  async #exited(how: string): Promise<void> {
    const { stderr } = this.#child
    if (stderr && !stderr.readableEnded) await once(stderr, 'end').catch(() => {})
    this.#end(how)
  }

  #end(how: string): void {
    const said = this.#errors
      .trim()
      .split('\n')
      .find((line) => /error/i.test(line))
    this.#ending ??= new ServingError('store_unavailable', `The history process ended: ${how}${said === undefined ? '' : ` (${said.trim()})`}`)
    for (const id of this.#waiting.keys()) this.#settle(id, (waiting) => waiting.reject(this.#ending))
    this.#ended.resolve()
  }
}
