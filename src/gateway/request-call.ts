import type { ServerResponse } from 'node:http'
import type { Call } from '../contracts/call.ts'
import { ServingError } from '../contracts/error.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'

/** Who asks and until when, for one HTTP request. Costs nothing until somebody looks at the signal: then it aborts when the client leaves or the time is up. */
export class RequestCall implements Call, Deadline {
  readonly keyId: string
  readonly requestId: string
  /** The key has the scope for details. */
  readonly detailed: boolean
  /** Monotonic ms at which the headers were read. */
  readonly startedAt: number
  readonly at: number
  readonly #response: ServerResponse
  #controller: AbortController | undefined
  constructor(
    who: { readonly keyId: string; readonly requestId: string; readonly detailed: boolean },
    response: ServerResponse,
    time: { readonly clock: Clock; readonly budgetMs: number },
  ) {
    this.keyId = who.keyId
    this.requestId = who.requestId
    this.detailed = who.detailed
    this.startedAt = time.clock.monotonic()
    this.at = this.startedAt + time.budgetMs
    this.#response = response
  }

  get deadline(): Deadline {
    return this
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#watch(new AbortController())
    return this.#controller.signal
  }

  #watch(controller: AbortController): AbortController {
    const expire = () => controller.abort(new ServingError('deadline_exceeded', 'The time for this request is up; allow more by Request-Timeout-Ms'))
    const timer = setTimeout(expire, this.at - this.startedAt)
    const end = (): void => {
      clearTimeout(timer)
      if (!this.#response.writableFinished) controller.abort(new Error('the client left'))
    }
    if (this.#response.destroyed) end()
    else this.#response.once('close', end)
    return controller
  }
}
