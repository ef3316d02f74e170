import { Worker } from 'node:worker_threads'
import { ServingError } from '../contracts/error.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { PreparedBundle } from './prepare-bundle.ts'
import type { PrepareAnswer } from './prepare-worker.ts'

type Waiting = { readonly file: ManifestFile; readonly signal: AbortSignal; readonly giveUp: () => void } & PromiseWithResolvers<PreparedBundle>

const entry = new URL('./prepare-worker.ts', import.meta.url)
const idleMs = 10_000

/**
 * One thread that reads, checks and compiles bundles, one after the other, so that inference goes on meanwhile. It stays for some seconds after the last one: starting it costs more
 * than most bundles do, and where models come and go the next one is near; where all are loaded, nothing of it should stay.
 */
export class PrepareThread {
  readonly #waiting: Waiting[] = []
  #current: Waiting | undefined
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined

  /** The bundle, ready for its runtime. Throws what `prepareBundle` throws, and `deadline_exceeded` when the signal aborts first. */
  prepare(file: ManifestFile, signal: AbortSignal): Promise<PreparedBundle> {
    const waiting: Waiting = { file, signal, giveUp: () => this.#giveUp(waiting), ...Promise.withResolvers<PreparedBundle>() }
    this.#waiting.push(waiting)
    if (signal.aborted) this.#giveUp(waiting)
    else signal.addEventListener('abort', waiting.giveUp, { once: true })
    this.#next()
    return waiting.promise
  }

  /** Starts the thread ahead of the first bundle. */
  start(): void {
    this.#worker ??= this.#spawn()
    this.#next()
  }

  /** Ends the thread if it has nothing to do; the next bundle starts another. */
  rest(): void {
    if (this.#current === undefined) this.#end()
  }

  #next(): void {
    if (this.#current !== undefined) return
    clearTimeout(this.#idle)
    this.#current = this.#waiting.shift()
    if (this.#current !== undefined) {
      this.#worker ??= this.#spawn()
      this.#worker.ref()
      this.#worker.postMessage(this.#current.file)
    } else {
      this.#worker?.unref()
      this.#idle = setTimeout(() => this.#end(), idleMs).unref()
    }
  }

  #spawn(): Worker {
    const worker = new Worker(entry, { execArgv: ['--disable-warning=ExperimentalWarning'] })
    const failed = (why: string): void => {
      if (worker !== this.#worker) return
      this.#worker = undefined
      this.#settle({ code: 'model_verification_failed', message: `The bundle could not be read: the loading thread ended without an answer (${why})` })
    }
    worker.on('message', (answer: PrepareAnswer) => this.#settle(answer))
    worker.once('error', (error) => failed(String(error)))
    worker.once('exit', (code) => failed(`exit code ${code}`))
    return worker
  }

  #end(): void {
    clearTimeout(this.#idle)
    void this.#worker?.terminate()
    this.#worker = undefined
  }

  #settle(answer: PrepareAnswer): void {
    const { resolve, reject, signal, giveUp } = this.#current as Waiting
    signal.removeEventListener('abort', giveUp)
    if ('prepared' in answer) resolve(answer.prepared)
    else reject(new ServingError(answer.code, answer.message))
    this.#current = undefined
    this.#next()
  }

  /** Nobody wants this bundle any more: it leaves the line, or the thread that is at it is ended. */
  #giveUp(waiting: Waiting): void {
    waiting.reject(new ServingError('deadline_exceeded', 'The load was given up before the bundle was read'))
    if (waiting !== this.#current) return void this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
    this.#current = undefined
    this.#end()
    this.#next()
  }
}
