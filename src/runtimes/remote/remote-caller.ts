import { setTimeout as delay } from 'node:timers/promises'
import { ServingError } from '../../contracts/error.ts'
import type { Counter, Meter } from '../../contracts/meter.ts'
import type { Clock, Deadline, Random } from '../../contracts/ports.ts'
import { backoffMs } from '../../resilience/backoff.ts'
import { Breaker, type BreakerLimits, type BreakerState, type Outcome } from '../../resilience/breaker.ts'
import { RetryBudget } from '../../resilience/retry-budget.ts'
import { givenUp } from '../process/given-up.ts'
import type { OutputLine } from '../../processes/output-lines.ts'
import { unloaded } from '../process/unloaded.ts'
import { callBudget } from './call-budget.ts'
import type { Question, RemoteServer, Reply } from './exchange.ts'

/** What remote models need from the outside; `log` gets what servers say when they fail. */
export type RemoteDeps = {
  readonly clock: Clock
  readonly random: Random
  readonly meter: Meter
  readonly log: (line: OutputLine) => void
}

/** Whom the calls are for, in metrics and messages; `fairMs` is the time after which a server that says nothing is at fault rather than its caller impatient. */
export type CallerSpec = { readonly model: string; readonly fairMs: number; readonly breaker?: Partial<BreakerLimits> }

/** The calls that may wait for one remote model; what comes beyond is `overloaded`. */
const mostCalls = 256
const pause = { baseMs: 5, capMs: 100 }
const levels: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

function outcomeOf(reply: Reply): Outcome {
  if (reply.kind === 'unreachable' || reply.status >= 500) return 'failure'
  return reply.status < 400 ? 'success' : 'neutral'
}
const mayPass = (reply: Reply): boolean => reply.kind === 'unreachable' || reply.status === 503

/** Calls to one model of one server: bounded in number, behind a circuit breaker, tried a second time where that is cheap. A call is one question with one answer, whatever it is. */
export class RemoteCaller {
  readonly #server: RemoteServer
  readonly #clock: Clock
  readonly #random: Random
  readonly #fairMs: number
  readonly #breaker: Breaker
  readonly #retries = new RetryBudget()
  readonly #retried: Counter
  readonly #closed = new AbortController()
  #running = 0

  constructor(server: RemoteServer, { model, fairMs, breaker }: CallerSpec, { clock, random, meter }: RemoteDeps) {
    const labels = { server: server.host, model }
    const circuit = meter.gauge('remote_circuit_state', labels)
    const onChange = (state: BreakerState): void => circuit.set(levels[state])
    circuit.set(levels.closed)
    this.#server = server
    this.#clock = clock
    this.#random = random
    this.#fairMs = fairMs
    this.#breaker = new Breaker({ name: `The remote server ${server.host}`, clock, random, onChange, ...(breaker && { limits: breaker }) })
    this.#retried = meter.counter('remote_retries_total', labels)
  }

  get circuit(): BreakerState {
    return this.#breaker.state
  }

  /** Ends the calls under way and refuses those to come, all with `model_unavailable`, and closes the connections. */
  close(): void {
    this.#closed.abort(unloaded())
    this.#server.close()
  }

  /** Throws `circuit_open` with `retryAfterMs`, `overloaded`, `deadline_exceeded`, and `model_output_invalid` for an answer that is too long. */
  async call(question: Omit<Question, 'signal'>, deadline: Deadline): Promise<Reply> {
    this.#closed.signal.throwIfAborted()
    if (deadline.signal.aborted || this.#clock.monotonic() >= deadline.at) throw givenUp(deadline.signal)
    if (this.#running >= mostCalls)
      throw new ServingError('overloaded', `${mostCalls} calls wait for the remote server ${this.#server.host} already`, { retryAfterMs: 100 })
    const settle = this.#breaker.enter()
    const givenMs = deadline.at - this.#clock.monotonic()
    let outcome: Outcome = 'neutral'
    this.#running += 1
    try {
      using budget = callBudget(deadline, this.#clock, this.#closed.signal)
      const reply = await this.#ask({ ...question, signal: budget.signal }, deadline)
      outcome = outcomeOf(reply)
      return reply
    } catch (error) {
      const wasLeft = deadline.signal.aborted || this.#closed.signal.aborted
      const hadTime = (error as ServingError).code !== 'deadline_exceeded' || givenMs >= this.#fairMs
      if (!wasLeft && hadTime) outcome = 'failure'
      throw error
    } finally {
      this.#running -= 1
      settle(outcome)
    }
  }

  /** A second try where the first found nobody, the budget has one, and as much time is left as the first took. */
  async #ask(question: Question, deadline: Deadline): Promise<Reply> {
    const started = this.#clock.monotonic()
    this.#retries.earn()
    const reply = await this.#server.ask(question)
    if (!mayPass(reply)) return reply
    const now = this.#clock.monotonic()
    const waitMs = Math.max(backoffMs(1, pause, this.#random), reply.kind === 'answered' ? (reply.retryAfterMs ?? 0) : 0)
    if (now + waitMs + (now - started) >= deadline.at || !this.#retries.spend()) return reply
    this.#retried.add()
    await delay(waitMs, undefined, { signal: question.signal }).catch(() => {
      throw givenUp(question.signal)
    })
    return this.#server.ask(question)
  }
}
