import { ServingError } from '../contracts/error.ts'
import type { Clock, Random } from '../contracts/ports.ts'
import { type BackoffLimits, backoffMs } from './backoff.ts'
import { OutcomeWindow } from './outcome-window.ts'

/** When a circuit opens, for how long, and how carefully it closes again. */
export type BreakerLimits = {
  /** Calls are counted over `slices` x `sliceMs`. */
  readonly sliceMs: number
  readonly slices: number
  /** It opens when of at least so many calls at least this share failed. */
  readonly leastCalls: number
  readonly failureShare: number
  /** How long it stays open: doubles with every opening, and begins anew after it was closed for `steadyMs`. */
  readonly open: BackoffLimits
  readonly steadyMs: number
  /** Half-open it lets one call through, then two, then four … up to this many; when all of these succeeded it closes. */
  readonly mostProbes: number
}

/** The limits that hold unless a caller says otherwise. */
export const defaultBreakerLimits: BreakerLimits = {
  sliceMs: 1_000,
  slices: 10,
  leastCalls: 20,
  failureShare: 0.5,
  open: { baseMs: 1_000, capMs: 30_000 },
  steadyMs: 60_000,
  mostProbes: 4,
}

/** How a call ended: `neutral` says nothing about who was called (the caller left, the request was at fault). */
export type Outcome = 'success' | 'failure' | 'neutral'

/** What a breaker needs: a name for messages, time, chance, and who wants to hear of its changes. */
export type BreakerDeps = {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly limits?: Partial<BreakerLimits>
  readonly onChange?: (state: BreakerState) => void
}

type State =
  | { readonly at: 'closed'; readonly outcomes: OutcomeWindow; readonly since: number; readonly opens: number }
  | { readonly at: 'open'; readonly until: number; readonly opens: number }
  | { readonly at: 'half-open'; readonly admits: number; readonly opens: number; running: number; passed: number }
/** Where a circuit is: closed lets every call through, open none, half-open a few to see. */
export type BreakerState = State['at']

/** A circuit breaker (Nygard, Release It!): after too many failures it refuses calls at once for a while, then lets a few through. Each call is counted in the state in which it entered; late news of an earlier state is dropped. */
export class Breaker {
  readonly #deps: BreakerDeps
  readonly #limits: BreakerLimits
  #state: State

  constructor(deps: BreakerDeps) {
    this.#deps = deps
    this.#limits = { ...defaultBreakerLimits, ...deps.limits }
    this.#state = this.#closed(0)
  }

  /** Where it is; an open circuit turns half-open with the first call after its time. */
  get state(): BreakerState {
    return this.#state.at
  }

  /** Lets a call through and gives what must be told, once, how it ended. Throws `circuit_open` with `retryAfterMs`. */
  enter(): (outcome: Outcome) => void {
    const now = this.#deps.clock.monotonic()
    if (this.#state.at === 'open' && now >= this.#state.until) this.#become(this.#halfOpen(this.#state.opens, 1))
    const state = this.#state
    if (state.at === 'open') throw this.#refusal(state.until - now)
    if (state.at === 'half-open') {
      if (state.running + state.passed >= state.admits) throw this.#refusal(this.#limits.open.baseMs)
      state.running += 1
    }
    return (outcome) => this.#settle(state, outcome)
  }

  #refusal(waitMs: number): ServingError {
    const retryAfterMs = Math.ceil(Math.max(1, waitMs))
    return new ServingError('circuit_open', `${this.#deps.name} failed too often and is left alone for a while; try again in ${retryAfterMs} ms`, {
      retryAfterMs,
    })
  }

  #settle(entered: State, outcome: Outcome): void {
    if (this.#state !== entered || entered.at === 'open') return
    if (entered.at === 'closed') this.#count(entered, outcome)
    else this.#probed(entered, outcome)
  }

  #count({ outcomes, since, opens }: State & { at: 'closed' }, outcome: Outcome): void {
    if (outcome === 'neutral') return
    const now = this.#deps.clock.monotonic()
    const { calls, failures } = outcomes.record(outcome === 'failure', now)
    if (calls < this.#limits.leastCalls || failures < calls * this.#limits.failureShare) return
    this.#open(now - since < this.#limits.steadyMs ? opens + 1 : 1)
  }

  #probed(state: State & { at: 'half-open' }, outcome: Outcome): void {
    state.running -= 1
    if (outcome === 'failure') return this.#open(state.opens + 1)
    if (outcome === 'success') state.passed += 1
    if (state.passed < state.admits) return
    this.#become(state.admits >= this.#limits.mostProbes ? this.#closed(state.opens) : this.#halfOpen(state.opens, state.admits * 2))
  }

  #open(opens: number): void {
    const until = this.#deps.clock.monotonic() + backoffMs(opens, this.#limits.open, this.#deps.random)
    this.#become({ at: 'open', until, opens })
  }

  #closed = (opens: number): State => ({ at: 'closed', outcomes: new OutcomeWindow(this.#limits), since: this.#deps.clock.monotonic(), opens })
  #halfOpen = (opens: number, admits: number): State => ({ at: 'half-open', admits: Math.min(admits, this.#limits.mostProbes), opens, running: 0, passed: 0 })

  #become(state: State): void {
    const before = this.#state.at
    this.#state = state
    if (before !== state.at) this.#deps.onChange?.(state.at)
  }
}
