import type { Calendars } from '../../calendars/calendars.ts'
import type { Clock, Random } from '../../contracts/ports.ts'
import { timeframes } from '../../contracts/timeframe.ts'
import type { FeedBatch, FeedState, SeriesStart } from '../feed-message.ts'
import type { FeedSettings } from '../feed-settings.ts'
import { Attempts } from './attempts.ts'
import { BarStream } from './bar-stream.ts'
import type { CcxtExchange } from './ccxt-port.ts'
import { ExchangeLink } from './exchange-link.ts'
import { streamBooks, streamTrades } from './flow-streams.ts'
import { checkMarkets, FeedRefusal } from './make-exchange.ts'
import { Outbox } from './outbox.ts'
import { Tally } from './tally.ts'
import { type StreamDeps, wordsOf } from './watch.ts'

/** What a session needs from its process. */
export type SessionDeps = {
  readonly clock: Clock
  readonly random: Random
  readonly calendars: Calendars
  readonly wait: (ms: number) => Promise<void>
  readonly send: (batch: FeedBatch) => void
}

const backoff = { baseMs: 500, capMs: 60_000 }
const skewEveryMs = 300_000
const finest = '1m'

/** Everything that is followed on one exchange. */
export class ExchangeSession {
  readonly #settings: FeedSettings
  readonly #calendars: Calendars
  readonly #deps: StreamDeps & { readonly outbox: Outbox }
  #bars: readonly BarStream[] = []
  #skewMs: number | undefined
  #skewAt = -Infinity

  constructor(exchange: CcxtExchange, settings: FeedSettings, { clock, random, calendars, wait, send }: SessionDeps) {
    this.#settings = settings
    this.#calendars = calendars
    const tally = new Tally()
    const link = new ExchangeLink(exchange, { clock, tally })
    const outbox = new Outbox({ send, clock, dropped: (rows) => tally.add('dropped', rows) })
    this.#deps = { link, tally, clock, random, wait, outbox }
  }

  get state(): FeedState {
    const { link, tally } = this.#deps
    return { connected: link.connected, lastEventAt: link.lastEventAt, clockSkewMs: this.#skewMs, ...tally.report() }
  }

  /** The server has taken a batch. */
  taken(): void {
    this.#deps.outbox.taken()
  }

  /** Brings bars from earlier ones on: what was delivered of them was left to another replica. Series that have not begun yet begin early enough. */
  goOn(series: readonly SeriesStart[]): void {
    for (const start of series) this.#bars.find((bars) => bars.isOf(start))?.goOn(start.next)
  }

  /** Learns the exchange's markets, trying until it is told them, and begins. Throws `FeedRefusal` when what is wanted is not there. */
  async begin(series: readonly SeriesStart[]): Promise<void> {
    await this.#markets()
    const { symbols, streams, bookMs, calendar } = this.#settings
    this.#deps.link.know(this.#settings)
    this.#bars = series.map((start) => new BarStream(start, { ...this.#deps, periods: this.#calendars.periods(calendar, start.timeframe) }))
    // History first: features then fold it once.
    for (const bars of this.#bars) void bars.catchUp().then(() => bars.run())
    for (const symbol of symbols) {
      if (streams.includes('trades')) void streamTrades(symbol, this.#deps)
      if (streams.includes('books')) void streamBooks(symbol, bookMs, this.#deps)
    }
  }

  /** What has to happen once a second: ends silent connections, asks for missing bars, sends what was held. */
  tick(): void {
    const { link, outbox, clock } = this.#deps
    if (this.#isOpen(clock.now() - this.#settings.silenceMs) && this.#isOpen(clock.now())) link.endSilent(this.#settings.silenceMs)
    void this.#measureSkew()
    for (const bars of this.#bars) bars.tick(clock.now() + (this.#skewMs ?? 0))
    outbox.flush()
  }

  /** Is the exchange open at a moment? While it is not, its silence says nothing. */
  #isOpen(moment: number): boolean {
    const opened = Math.floor(moment / timeframes[finest]) * timeframes[finest]
    return this.#calendars.periods(this.#settings.calendar, finest).nextOpen(opened) === opened
  }

  async #markets(): Promise<void> {
    const { link, tally, wait } = this.#deps
    const attempts = new Attempts(this.#deps, backoff)
    for (;;) {
      try {
        await link.ask(() => checkMarkets(link.exchange, this.#settings))
        return tally.problem('markets', undefined)
      } catch (error) {
        if (error instanceof FeedRefusal) throw error
        tally.problem('markets', wordsOf(error))
        await wait(attempts.failed())
      }
    }
  }

  /** How far the exchange's clock is ahead of this machine's, by the middle of a question. */
  async #measureSkew(): Promise<void> {
    const { link, clock } = this.#deps
    if (!link.connected || !link.mayAsk || clock.monotonic() < this.#skewAt || link.exchange.has['fetchTime'] !== true) return
    this.#skewAt = clock.monotonic() + skewEveryMs
    const asked = clock.now()
    const theirs = await link.ask(() => link.exchange.fetchTime()).catch(() => undefined)
    if (theirs !== undefined) this.#skewMs = Math.round(theirs - (asked + clock.now()) / 2)
  }
}
