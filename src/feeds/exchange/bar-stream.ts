import type { Periods } from '../../calendars/periods.ts'
import { type Timeframe, timeframes } from '../../contracts/timeframe.ts'
import type { BarRow, SeriesStart } from '../feed-message.ts'
import { Attempts } from './attempts.ts'
import type { CcxtCandle } from './ccxt-port.ts'
import { ClosedBars } from './closed-bars.ts'
import type { Outbox } from './outbox.ts'
import { type StreamDeps, watch, wordsOf } from './watch.ts'

const barsPerQuestion = 500
const backoff = { baseMs: 500, capMs: 60_000 }
/** How long after its end a bar that nobody has called closed is asked for. */
const overdueMs = 10_000

/** A candle with all its numbers; undefined for another one. */
function toRow(candle: CcxtCandle): BarRow | undefined {
  const row = candle.slice(0, 6)
  return row.length === 6 && row.every((value) => typeof value === 'number') ? (row as unknown as BarRow) : undefined
}

/** What a series of bars needs beside the exchange: where bars go, and when there are some. */
export type BarStreamDeps = StreamDeps & { readonly outbox: Outbox; readonly periods: Periods }

/** The closed bars of one series: from the stream as they close, and by REST what the stream cannot have shown (before it began, while it was interrupted, or when it fell silent). */
export class BarStream {
  readonly #symbol: string
  readonly #timeframe: Timeframe
  readonly #barMs: number
  readonly #deps: BarStreamDeps
  readonly #bars: ClosedBars
  readonly #attempts: Attempts
  #askAt = -Infinity
  #pollAt = -Infinity
  #asking = false
  /** Where to begin anew with the next question. */
  #anew: number | undefined
  /** Newest open time in the stream. */
  #seen = -Infinity

  constructor({ symbol, timeframe, next }: SeriesStart, deps: BarStreamDeps) {
    this.#symbol = symbol
    this.#timeframe = timeframe
    this.#barMs = timeframes[timeframe]
    this.#deps = deps
    this.#bars = new ClosedBars({ periods: deps.periods, barMs: this.#barMs, next })
    this.#attempts = new Attempts(deps, backoff)
  }

  get #name(): string {
    return `${this.#symbol} ${this.#timeframe}`
  }

  isOf({ symbol, timeframe }: SeriesStart): boolean {
    return symbol === this.#symbol && timeframe === this.#timeframe
  }

  /** Brings the bars from one on, also those that were brought before. */
  goOn(next: number): void {
    this.#anew = next
    void this.catchUp()
  }

  /** Follows the exchange for ever. An exchange without a stream of bars is asked once a bar. */
  async run(): Promise<void> {
    const { exchange } = this.#deps.link
    if (!exchange.has['watchOHLCV']) return
    await watch(
      {
        place: `bars of ${this.#name}`,
        next: () => exchange.watchOHLCV(this.#symbol, this.#timeframe),
        take: (candles, interrupted) => this.#take(candles, interrupted),
        lost: () => this.#bars.interrupt(),
      },
      this.#deps,
    )
  }

  /** Asks for what is missing, if anything is and it is time; to be called about once a second. */
  tick(exchangeNow: number): void {
    const { link, clock } = this.#deps
    const now = clock.monotonic()
    const overdue = exchangeNow > this.#bars.next + this.#barMs + overdueMs && now >= this.#pollAt
    if (this.#asking || !link.mayAsk || now < this.#askAt || !(this.#bars.lacks || overdue)) return
    void this.catchUp()
  }

  /** Asks by REST for every closed bar from the first missing one on. A failure is remembered and tried again later. */
  async catchUp(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { tally, clock } = this.#deps
    try {
      if (this.#anew !== undefined) this.#bars.beginAt(this.#anew)
      this.#anew = undefined
      while (await this.#fetchPage()) await this.#deps.outbox.room()
      tally.problem(`missing bars of ${this.#name}`, undefined)
      this.#pollAt = clock.monotonic() + overdueMs
      // An answer without what is missing is as good as none: exchanges are a little late themselves.
      if (this.#bars.lacks) this.#askAt = clock.monotonic() + this.#attempts.failed()
      else this.#attempts.succeeded()
    } catch (error) {
      tally.problem(`missing bars of ${this.#name}`, wordsOf(error))
      this.#askAt = clock.monotonic() + this.#attempts.failed()
    } finally {
      this.#asking = false
      // It came while a question was on its way, whose answer must not move on over what is to come again.
      if (this.#anew !== undefined) void this.catchUp()
    }
  }

  /** One question; true if another one would bring more. */
  async #fetchPage(): Promise<boolean> {
    const { link, tally, outbox, periods } = this.#deps
    const asked = this.#closedBefore()
    const next = this.#bars.next
    // From one bar before on: what lies between two bars of one answer is known to be empty.
    const since = periods.back(next, 1)
    const candles = await link.ask(() => link.exchange.fetchOHLCV(this.#symbol, this.#timeframe, since, barsPerQuestion))
    const rows = candles.map(toRow).filter((row): row is BarRow => row !== undefined && row[0] >= since && this.#has(row))
    const { bars, emptied, known } = this.#bars.filled(
      rows.toSorted((a, b) => a[0] - b[0]),
      asked,
    )
    tally.add('gapFilled', bars.length - known)
    tally.add('emptied', emptied)
    outbox.bars({ symbol: this.#symbol, timeframe: this.#timeframe, barMs: this.#barMs }, bars)
    return periods.count(next, this.#bars.next) > 2
  }

  /** Is a bar of the calendar's? What an exchange shows at other hours is left out. */
  #has([openTime]: BarRow): boolean {
    return openTime % this.#barMs === 0 && this.#deps.periods.count(openTime, openTime + 1) === 1
  }

  /** Bars that open before this moment are closed: a later one has been seen, or a session has been over for a while, after which none comes that could tell. */
  #closedBefore(): number {
    const { periods, clock } = this.#deps
    const current = Math.floor((clock.now() - overdueMs) / this.#barMs) * this.#barMs
    return Math.max(this.#bars.newest, periods.nextOpen(current) > current ? periods.nextOpen(current) : -Infinity)
  }

  /** The newest states of the last bars, as ccxt remembers them: after an interruption only what the stream had not shown before is known to be of this time. */
  #take(candles: readonly CcxtCandle[], interrupted: boolean): void {
    const { link, tally, outbox } = this.#deps
    if (interrupted) this.#bars.interrupt()
    const rows = candles.map(toRow).filter((row): row is BarRow => row !== undefined && this.#has(row))
    const newer = rows.filter(([openTime]) => (interrupted ? openTime > this.#seen : openTime >= this.#seen))
    for (const row of newer.length > 0 ? newer : rows.slice(-1)) {
      const closed = this.#bars.live(row, link.isClosed(this.#name, row[0]))
      this.#seen = Math.max(this.#seen, row[0])
      if (closed === undefined) tally.add('duplicates')
      else if (closed.length > 0) outbox.bars({ symbol: this.#symbol, timeframe: this.#timeframe, barMs: this.#barMs }, closed)
    }
    if (this.#bars.lacks) this.tick(-Infinity)
  }
}
