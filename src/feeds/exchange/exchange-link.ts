import type { Clock } from '../../contracts/ports.ts'
import type { FeedSettings } from '../feed-settings.ts'
import type { CcxtExchange } from './ccxt-port.ts'
import { saidClosed } from './closed-flags.ts'
import type { Tally } from './tally.ts'

const closedRemembered = 10_000
const longestQuietMs = 300_000

/** True where the exchange says that it is asked too much. */
const isTooMany = (error: unknown): boolean => ['RateLimitExceeded', 'DDoSProtection'].includes((error as Error | undefined)?.constructor.name ?? '')

/** An exchange with what ccxt does not tell of its connections: when it last said anything, whether updates may have been missed, which bars it called closed. */
export class ExchangeLink {
  readonly exchange: CcxtExchange
  readonly #clock: Clock
  readonly #tally: Tally
  readonly #places = new Map<string, string>()
  readonly #closed = new Set<string>()
  #interruptions = 0
  readonly #connected = new Set<string>()
  #heardAt: number | undefined
  #eventAt: number | undefined
  #quietUntil = -Infinity

  constructor(exchange: CcxtExchange, { clock, tally }: { readonly clock: Clock; readonly tally: Tally }) {
    this.exchange = exchange
    this.#clock = clock
    this.#tally = tally
    this.#tap()
  }

  /** How often a connection has ended: whoever sees it change may have missed something. */
  get interruptions(): number {
    return this.#interruptions
  }
  get connected(): boolean {
    const clients = Object.values(this.exchange.clients ?? {})
    return clients.length > 0 && clients.every(({ isConnected }) => isConnected)
  }
  /** When the exchange last said anything (ms since the epoch). */
  get lastEventAt(): number | undefined {
    return this.#eventAt
  }
  /** May it be asked anything at the moment? Not after it has said that it is asked too much. */
  get mayAsk(): boolean {
    return this.#clock.monotonic() >= this.#quietUntil
  }

  /** Learns which market and interval of the exchange mean which series, once its markets are known. A market's name that means two of the symbols means none. */
  know({ symbols, timeframes }: FeedSettings): void {
    for (const symbol of symbols) {
      const market = this.exchange.markets[symbol]?.id ?? ''
      for (const timeframe of timeframes) {
        const place = `${market} ${this.exchange.timeframes[timeframe]}`
        this.#places.set(place, this.#places.has(place) ? '' : `${symbol} ${timeframe}`)
      }
    }
  }

  /** Has the exchange said that this bar is closed? */
  isClosed(series: string, openTime: number): boolean {
    return this.#closed.has(`${series} ${openTime}`)
  }

  /** Counts a question by REST and heeds the answer `too many`: nothing is asked for as long as it says. */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    this.#tally.add('restRequests')
    try {
      return await question()
    } catch (error) {
      this.#tally.add('restFailures')
      const seconds = Number(this.exchange.last_response_headers?.['Retry-After'] ?? this.exchange.last_response_headers?.['retry-after'])
      if (isTooMany(error)) this.#quietUntil = this.#clock.monotonic() + Math.min(longestQuietMs, seconds > 0 ? seconds * 1_000 : 0)
      throw error
    }
  }

  /** Ends every connection on which nothing came for so long: a peer that is gone without a word leaves the socket open for ever. */
  endSilent(silenceMs: number): void {
    const now = this.#clock.monotonic()
    if (this.#heardAt === undefined || now - this.#heardAt <= silenceMs) return
    this.#heardAt = undefined
    this.#tally.problem('connection', `nothing came for ${Math.round(silenceMs / 1_000)} s`)
    for (const client of Object.values(this.exchange.clients)) {
      client.onError(new Error('the exchange is silent'))
      client.connection?.terminate?.()
    }
  }

  #tap(): void {
    const { exchange } = this
    const [handleMessage, onConnected, onClose, onError] = [exchange.handleMessage, exchange.onConnected, exchange.onClose, exchange.onError]
    exchange.handleMessage = (client, message) => {
      this.#hear(message)
      handleMessage.call(exchange, client, message)
    }
    exchange.onConnected = (client) => {
      if (this.#connected.has(client.url)) this.#tally.add('reconnects')
      this.#connected.add(client.url)
      this.#heardAt = this.#clock.monotonic()
      onConnected.call(exchange, client)
    }
    exchange.onClose = (client, event) => {
      this.#interruptions += 1
      onClose.call(exchange, client, event)
    }
    exchange.onError = (client, error) => {
      this.#interruptions += 1
      onError.call(exchange, client, error)
    }
  }

  #hear(message: unknown): void {
    this.#heardAt = this.#clock.monotonic()
    this.#eventAt = this.#clock.now()
    this.#tally.problem('connection', undefined)
    for (const { market, interval, openTime } of saidClosed(this.exchange.id, message)) {
      const series = this.#places.get(`${market} ${interval}`)
      if (series) this.#closed.add(`${series} ${openTime}`)
      if (this.#closed.size > closedRemembered) this.#closed.delete(this.#closed.values().next().value as string)
    }
  }
}
