import type { Periods } from '../calendars/periods.ts'
import type { FeedPhase, FeedsResponse } from '../contracts/feeds.ts'
import type { FlowWrites } from '../contracts/flow-requests.ts'
import type { MarketWrites } from '../contracts/market.ts'
import { formatInstant } from '../contracts/instant.ts'
import type { Meter } from '../contracts/meter.ts'
import type { Clock, Random } from '../contracts/ports.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { barsToKeep, type SeriesStore } from '../market/series-store.ts'
import { clockToleranceMs } from '../market/check-bar.ts'
import { type Command, nodeCommand } from '../processes/command.ts'
import { backoffMs } from '../resilience/backoff.ts'
import { Delivery } from './delivery.ts'
import type { FeedBatch, FeedReport, FeedState, SeriesStart } from './feed-message.ts'
import { FeedMeter } from './feed-meter.ts'
import { FeedProcessLink } from './feed-process-link.ts'
import type { FeedSettings } from './feed-settings.ts'
import { firstMissing } from './first-missing.ts'

/** What feeds need: where bars, trades and books go, time, chance, and who hears of them. */
export type FeedDeps = {
  readonly market: MarketWrites & Pick<SeriesStore, 'find' | 'calendars'>
  readonly flow: FlowWrites
  readonly clock: Clock
  readonly random: Random
  readonly meter: Meter
  readonly log: (about: object, message: string) => void
  readonly limits?: Partial<FeedLimits>
  readonly command?: Command
}

/** How long a process may be silent, and the waits before it is started again: they begin anew after it was up for `steadyMs`. */
export type FeedLimits = { readonly silentMs: number; readonly backoff: { readonly baseMs: number; readonly capMs: number }; readonly steadyMs: number }

const usualLimits: FeedLimits = { silentMs: 20_000, backoff: { baseMs: 250, capMs: 30_000 }, steadyMs: 60_000 }
const usualCommand = (): Command => nodeCommand(new URL('./exchange/feed-process.ts', import.meta.url))
const troubledBars = 3

type Running =
  | { readonly at: 'up'; readonly link: FeedProcessLink; readonly since: number; ready: boolean; state: FeedState | undefined }
  | { readonly at: 'down'; readonly reason: string; readonly timer: NodeJS.Timeout }
  | { readonly at: 'refused'; readonly reason: string }
  | { readonly at: 'stopped' }

/** One exchange whose market data comes in by a process of its own, which is started again when it ends. What comes goes the same way as what is sent by HTTP. */
export class Feed {
  readonly settings: FeedSettings
  readonly #deps: FeedDeps
  readonly #limits: FeedLimits
  readonly #meter: FeedMeter
  #running: Running
  readonly #delivery: Delivery
  #failures = 0
  #lastEventAt: number | undefined

  constructor(settings: FeedSettings, deps: FeedDeps) {
    this.settings = settings
    this.#deps = deps
    this.#limits = { ...usualLimits, ...deps.limits }
    this.#meter = new FeedMeter(deps.meter, settings.exchange)
    this.#delivery = new Delivery({ ...deps, calendar: settings.calendar, meter: this.#meter, taken: (symbol) => this.#goOn(symbol) })
    this.#running = this.#launch()
  }

  /** Id of the process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#running.at === 'up' ? this.#running.link.pid : undefined
  }

  /** How it is, as people read it. */
  get status(): FeedsResponse['feeds'][number] {
    const now = this.#deps.clock.now()
    const problem = this.#problem(now)
    const state = this.#state
    return {
      exchange: this.settings.exchange,
      phase: this.#phase,
      healthy: problem === undefined,
      detail: problem ?? this.#wellness,
      streams: [...this.settings.streams],
      series: this.#series().map(({ symbol, timeframe }) => this.#seriesStatus(symbol, timeframe, now)),
      last_event_age_s: this.#lastEventAt === undefined ? null : Math.max(0, now - this.#lastEventAt) / 1_000,
      clock_skew_ms: state?.clockSkewMs ?? null,
      counts: this.#meter.counts,
    }
  }

  /** Brings the gauges up to date and tries to follow replicas that are gone; to be called about once a second. */
  tick(): void {
    this.#delivery.follow()
    const ageMs = this.#lastEventAt === undefined ? undefined : Math.max(0, this.#deps.clock.now() - this.#lastEventAt)
    this.#meter.show({ connected: this.#phase === 'connected', ageMs, skewMs: this.#state?.clockSkewMs, left: this.#delivery.left.size })
  }

  /** Ends the process and starts no other. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = { at: 'stopped' }
    if (running.at === 'down') clearTimeout(running.timer)
    if (running.at !== 'up') return
    running.link.end('the server stops')
    await running.link.ended
  }

  get #wellness(): string {
    const left = [...this.#delivery.left.keys()]
    return left.length === 0 ? 'bars come as they close' : `ready to take over what another replica writes: ${left.join(', ').slice(0, 200)}`
  }

  get #state(): FeedState | undefined {
    return this.#running.at === 'up' ? this.#running.state : undefined
  }

  get #phase(): FeedPhase {
    const running = this.#running
    if (running.at === 'refused') return 'refused'
    if (running.at !== 'up') return 'down'
    if (!running.ready) return 'starting'
    return running.state?.connected === true ? 'connected' : 'connecting'
  }

  #problem(now: number): string | undefined {
    const running = this.#running
    if (running.at === 'refused') return running.reason
    if (running.at === 'down') return `its process is started again after a while: ${running.reason}`
    if (running.at === 'stopped') return 'the server stops'
    if (this.#delivery.conflict !== undefined) return this.#delivery.conflict
    const { state } = running
    if (state === undefined) return 'it is starting'
    if (state.problem !== undefined) return state.problem
    if (!state.connected) return 'it is connecting'
    if (Math.abs(state.clockSkewMs ?? 0) > clockToleranceMs) return `the clock of the exchange differs by ${state.clockSkewMs} ms`
    return this.#late(now)
  }

  /** The series whose bars stay away although all seems well. */
  #late(now: number): string | undefined {
    const late = this.#series().find(({ symbol, timeframe }) => {
      if (this.#delivery.left.has(symbol)) return false
      const closeTime = this.#deps.market.find(symbol, timeframe)?.last?.closeTime
      return closeTime === undefined || now - this.#periods(timeframe).nextOpen(closeTime) > troubledBars * timeframes[timeframe] + this.settings.silenceMs
    })
    return late && `no bars of ${late.symbol} ${late.timeframe} for a while`
  }

  #periods(timeframe: Timeframe): Periods {
    return this.#deps.market.calendars.periods(this.settings.calendar, timeframe)
  }

  #series(): { readonly symbol: string; readonly timeframe: Timeframe }[] {
    const { symbols, timeframes: wanted, streams } = this.settings
    return streams.includes('bars') ? symbols.flatMap((symbol) => wanted.map((timeframe) => ({ symbol, timeframe }))) : []
  }

  #seriesStatus(symbol: string, timeframe: Timeframe, now: number): FeedsResponse['feeds'][number]['series'][number] {
    const taken_here = !this.#delivery.left.has(symbol)
    const closeTime = this.#deps.market.find(symbol, timeframe)?.last?.closeTime
    if (closeTime === undefined) return { symbol, timeframe, taken_here, last_close_time: null, age_s: null }
    return { symbol, timeframe, taken_here, last_close_time: formatInstant(closeTime), age_s: (now - closeTime) / 1_000 }
  }

  #launch(): Running {
    const { clock, log, command = usualCommand() } = this.#deps
    const { exchange } = this.settings
    const link: FeedProcessLink = new FeedProcessLink({
      command,
      clock,
      silentMs: this.#limits.silentMs,
      log: ({ line }) => log({ exchange, line }, 'feed'),
      take: (report) => this.#take(link, report),
    })
    void link.ended.then((reason) => this.#ended(link, reason))
    const sessions = this.#deps.market.calendars.sessions(this.settings.calendar)
    link.send({ kind: 'start', settings: this.settings, series: this.#starts(), ...(sessions && { sessions }) })
    return { at: 'up', link, since: clock.monotonic(), ready: false, state: undefined }
  }

  #starts(goesOn = false): SeriesStart[] {
    const { market, clock } = this.#deps
    return this.#series().map(({ symbol, timeframe }) => {
      const reach = {
        periods: this.#periods(timeframe),
        barMs: timeframes[timeframe],
        now: clock.now(),
        history: this.settings.history,
        most: barsToKeep(),
        goesOn,
      }
      return { symbol, timeframe, next: firstMissing(market.find(symbol, timeframe), reach) }
    })
  }

  /** A symbol is written here from now on: its bars have to go on where the other replica's ended. */
  #goOn(symbol: string): void {
    const running = this.#running
    if (running.at !== 'up') return
    const series = this.#starts(true).filter((start) => start.symbol === symbol)
    running.link.send({ kind: 'go-on', series })
    this.#deps.log({ exchange: this.settings.exchange, symbol }, 'this replica takes the market data of the symbol from now on')
  }

  #take(link: FeedProcessLink, report: FeedReport): void {
    const running = this.#running
    if (running.at !== 'up' || running.link !== link) return
    if (report.kind === 'ready') running.ready = true
    else if (report.kind === 'refused') this.#refused(link, report.message)
    else if (report.kind === 'batch') this.#ingest(link, report)
    else {
      running.state = report.state
      this.#lastEventAt = report.state.lastEventAt ?? this.#lastEventAt
      this.#meter.takeCounts(report.state.counts)
    }
  }

  #refused(link: FeedProcessLink, reason: string): void {
    this.#running = { at: 'refused', reason }
    this.#deps.log({ exchange: this.settings.exchange, reason }, 'feed refused: its settings have to change')
    link.end(reason)
  }

  #ingest(link: FeedProcessLink, batch: FeedBatch): void {
    const taken = (): void => link.send({ kind: 'taken', batch: batch.batch })
    const taking = this.#delivery.take(batch)
    if (taking === undefined) taken()
    else void taking.then(taken)
  }

  #ended(link: FeedProcessLink, reason: string): void {
    const running = this.#running
    if (running.at !== 'up' || running.link !== link) return
    const { clock, random, log } = this.#deps
    const steady = clock.monotonic() - running.since >= this.#limits.steadyMs
    this.#failures = steady ? 1 : this.#failures + 1
    const retryAfterMs = backoffMs(this.#failures, this.#limits.backoff, random)
    this.#meter.processEnded()
    log({ exchange: this.settings.exchange, pid: link.pid, reason, retry_after_ms: Math.round(retryAfterMs) }, 'feed process ended')
    const timer = setTimeout(() => void (this.#running = this.#launch()), retryAfterMs)
    this.#running = { at: 'down', reason, timer }
  }
}
