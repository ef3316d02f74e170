import type { Calendar, IngestReport, SeriesKey } from '../contracts/bar.ts'
import type { MarketWrites } from '../contracts/market.ts'
import { type Clock, msUntil, type Timer } from '../contracts/ports.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import type { BarInput } from './check-bar.ts'

/** What a replay needs. */
export type ReplayDeps = {
  readonly store: MarketWrites
  readonly clock: Clock
  readonly timer: Timer
  /** Hears of the bars of one ingest that were quarantined. */
  readonly onQuarantined?: (refused: IngestReport['quarantined']) => void
}

/** Which bars (oldest first), how many times faster than they happened, and how many of them are there at once when it starts (history that features warm up on). */
export type ReplayOptions = {
  readonly key: SeriesKey
  readonly calendar: Calendar
  readonly bars: readonly BarInput[]
  readonly speed: number
  readonly prefill: number
}

const barsPerTurn = 100

/** Feeds recorded bars to a store as if they closed now: one bar every timeframe / speed, sessions and nights without bars left out. */
export class Replay {
  readonly #deps: ReplayDeps
  readonly #options: ReplayOptions
  readonly #intervalMs: number
  readonly #ended = Promise.withResolvers<'ended' | 'stopped'>()
  #position = 0
  #startedAt = 0
  #prefilled = 0
  #cancel: (() => void) | undefined
  #state: 'new' | 'running' | 'over' = 'new'
  constructor(deps: ReplayDeps, options: ReplayOptions) {
    if (!(options.speed > 0)) throw new RangeError('speed must be more than 0')
    this.#deps = deps
    this.#options = options
    this.#intervalMs = timeframes[options.key.timeframe satisfies Timeframe] / options.speed
  }

  /** Bars fed so far, of how many. */
  get progress(): { readonly fed: number; readonly of: number } {
    return { fed: this.#position, of: this.#options.bars.length }
  }
  /** Settles when the last bar is fed, or the replay is stopped; rejects when the store refuses the series. */
  get done(): Promise<'ended' | 'stopped'> {
    return this.#ended.promise
  }

  /** Ingests the history in one piece, then a bar per interval. Starting twice does nothing. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    this.#startedAt = this.#deps.clock.monotonic()
    this.#prefilled = Math.min(this.#options.prefill, this.#options.bars.length)
    this.#feed(this.#prefilled, this.#prefilled)
    this.#wait()
  }

  /** Feeds no more bars. */
  stop(): void {
    this.#end('stopped')
  }

  #turn(): void {
    const elapsed = this.#deps.clock.monotonic() - this.#startedAt
    const due = this.#prefilled + Math.floor(elapsed / this.#intervalMs + 1e-9)
    const until = Math.min(due, this.#position + barsPerTurn, this.#options.bars.length)
    while (this.#state === 'running' && this.#position < until) this.#feed(this.#position + 1, 1)
    this.#wait()
  }

  /** Ingests the next bars up to a position; each on its own unless it is history, so that every close is seen. */
  #feed(until: number, atOnce: number): void {
    const { key, calendar, bars } = this.#options
    const part = bars.slice(this.#position, Math.min(until, this.#position + atOnce))
    this.#position += part.length
    if (part.length === 0) return
    try {
      const taken = this.#deps.store.ingest(key, part, { calendar, clock: 'replay' })
      if (taken instanceof Promise)
        taken.then(
          (report) => this.#tell(report),
          (error: unknown) => this.#fail(error),
        )
      else this.#tell(taken)
    } catch (error) {
      this.#fail(error)
    }
  }

  #tell({ quarantined }: IngestReport): void {
    if (quarantined.length > 0) this.#deps.onQuarantined?.(quarantined)
  }

  #fail(error: unknown): void {
    this.#state = 'over'
    this.#ended.reject(error)
  }

  #wait(): void {
    if (this.#state !== 'running') return
    if (this.#position >= this.#options.bars.length) return this.#end('ended')
    const next = this.#startedAt + (this.#position + 1 - this.#prefilled) * this.#intervalMs
    this.#cancel = this.#deps.timer.after(msUntil(next, this.#deps.clock), () => this.#turn())
  }

  #end(how: 'ended' | 'stopped'): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#cancel?.()
    this.#ended.resolve(how)
  }
}
