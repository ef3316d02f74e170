import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { WebSocketServer, type WebSocket } from 'ws'
import { type Timeframe, timeframes } from '../../../src/contracts/timeframe.ts'
import type { BarInput } from '../../../src/market/check-bar.ts'
import { binance } from './binance.ts'
import { forming, tradedBars } from './mock-bars.ts'
import type { Channel, Levels, Market, MockBook, MockTrade, Shown, Wire } from './wire.ts'

/** How the mock begins: how it speaks, its markets, the moment of its clock, and how many bars it remembers from before. */
export type MockOptions = {
  readonly wire?: Wire
  readonly symbols: readonly string[]
  readonly now: number
  readonly past: number
  readonly future: number
  readonly timeframe?: Timeframe
}

/** An answer that stands for the next few: what goes wrong, and on which path. */
export type Fault = { readonly path: string; readonly status: number; readonly body: string; readonly headers?: Record<string, string>; times: number }

const pulseMs = 500
const keyOf = (channel: Channel, { symbol }: Market): string => `${channel} ${symbol}`

/**
 * A stand-in for the spot market of an exchange on the loopback, by REST and web socket, in the words of its wire. Its clock stands still (the forming bar is shown twice a second) until the test moves it, so that an hour
 * passes as fast as its messages are read. Everything of it that can go wrong goes wrong on command.
 */
export class MockExchange {
  readonly wire: Wire
  readonly markets: readonly Market[]
  readonly timeframe: Timeframe
  readonly barMs: number
  /** What was asked by REST, as path and query. */
  readonly asked: URL[] = []
  readonly faults: Fault[] = []
  now: number
  /** A server that has stopped: connections stay open and nothing moves. */
  frozen = false
  /** Nothing is shown of the bar that forms: the one before is shown once more, as it ended. */
  holdsNext = false
  readonly #bars = new Map<string, BarInput[]>()
  readonly #books = new Map<string, MockBook>()
  readonly #http: Server
  readonly #sockets = new WebSocketServer({ noServer: true, autoPong: false })
  readonly #streams = new Map<WebSocket, Set<string>>()
  readonly #pulse: NodeJS.Timeout
  readonly #subscriptions = new Map<string, number>()

  private constructor({ wire = binance, symbols, now, past, future, timeframe = '1m' }: MockOptions) {
    this.wire = wire
    this.markets = symbols.map((symbol) => {
      const [base = '', quote = ''] = symbol.split('/')
      return { symbol, base, quote, id: wire.idOf(base, quote) }
    })
    this.timeframe = timeframe
    this.barMs = timeframes[timeframe]
    this.now = now
    const from = Math.floor(now / this.barMs) * this.barMs - past * this.barMs
    for (const [seed, { symbol }] of this.markets.entries())
      this.#bars.set(symbol, tradedBars({ seed: seed + 1, count: past + future, from, barMs: this.barMs }))
    this.#http = createServer((request, response) => this.#answer(request, response))
    this.#pulse = setInterval(() => this.#beat(), pulseMs)
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.#takeFault(wire.socketPath) !== undefined) socket.destroy()
      else this.#sockets.handleUpgrade(request, socket, head, (client) => this.#connected(client))
    })
  }

  /** Listens on a port of its own until the test ends. */
  static async start(t: TestContext, options: MockOptions): Promise<MockExchange> {
    const mock = new MockExchange(options)
    mock.#http.listen(0, '127.0.0.1')
    await once(mock.#http, 'listening')
    t.after(() => mock.stop())
    return mock
  }

  /** What a feed's settings need to come here instead of to the exchange. */
  get urls(): Readonly<Record<string, string>> {
    return this.wire.urls((this.#http.address() as AddressInfo).port)
  }

  /** How many subscriptions to a channel there have been. */
  subscriptions(channel: Channel, market = this.markets[0] as Market): number {
    return this.#subscriptions.get(keyOf(channel, market)) ?? 0
  }

  /** How often bars have been asked for by REST. */
  get questions(): number {
    return this.asked.filter(({ pathname }) => pathname === this.wire.barsPath).length
  }

  /** Bars that have closed by now, oldest first. */
  closedBars(symbol: string): readonly BarInput[] {
    return (this.#bars.get(symbol) ?? []).filter(({ openTime }) => openTime + this.barMs <= this.now)
  }

  /** The bar of a moment as it will have been, which only the mock can know. */
  barAt(symbol: string, moment: number): BarInput {
    const openTime = Math.floor(moment / this.barMs) * this.barMs
    return this.#bars.get(symbol)?.find((bar) => bar.openTime === openTime) as BarInput
  }

  /** Lets time pass to the end of the current bar, with three forming states of it before. Without `said` nobody says that it is closed. */
  playBar({ said = true }: { readonly said?: boolean } = {}): void {
    const openTime = this.#current
    for (const share of [0.2, 0.5, 0.9]) this.#eachBar(openTime, (market, bar) => this.sendBar(market, forming(bar, share), false))
    this.now = openTime + this.barMs
    this.#eachBar(openTime, (market, bar) => this.sendBar(market, bar, said))
  }

  /** The same where nobody trades before the bar is over; to be called at once after another one, as nothing of it may have been shown. */
  playEmptyBar(): void {
    for (const [symbol, bars] of this.#bars) {
      const at = bars.indexOf(this.barAt(symbol, this.now))
      const [openTime, close] = [this.#current, bars[at - 1]?.close as number]
      bars[at] = { openTime, open: close, high: close, low: close, close, volume: 0 }
    }
    this.playBar()
  }

  /** Sends a state of a bar; exchanges that show nothing where nobody trades send nothing of a bar without volume. */
  sendBar(market: Market, bar: BarInput, closed: boolean): void {
    const { wire, barMs, timeframe } = this
    if (bar.volume > 0 || wire.showsEmptyBars) this.#send('bars', market, wire.bar(market, bar, { barMs, timeframe, closed }))
  }

  sendTrade(market: Market, trade: MockTrade): void {
    this.#send('trades', market, this.wire.trade(market, trade))
  }

  /** Puts another book in the place of the one that is there, and tells those who listen what changed, unless the message is lost on the way. */
  changeBook(market: Market, { bids, asks }: Pick<MockBook, 'bids' | 'asks'>, { lost = false } = {}): void {
    const before = this.#bookOf(market)
    const last = before.last + 1
    this.#books.set(market.id, { last, bids, asks })
    const gone = (side: Levels, now: Levels) => side.filter(([price]) => now.every(([other]) => other !== price)).map(([price]) => [price, 0] as const)
    const change = { last, bids: [...bids, ...gone(before.bids, bids)], asks: [...asks, ...gone(before.asks, asks)] }
    if (!lost) this.#send('books', market, this.wire.bookChange(market, change, this.now))
  }

  /** Sends bytes that are no message of the exchange. */
  sendGarbage(text: string): void {
    for (const client of this.#streams.keys()) client.send(text)
  }

  /** Ends every connection without a word of farewell. */
  dropConnections(): void {
    for (const client of this.#streams.keys()) client.terminate()
  }

  stop(): void {
    clearInterval(this.#pulse)
    this.dropConnections()
    this.#http.closeAllConnections()
    this.#http.close()
  }

  /** Open time of the bar that is forming. */
  get #current(): number {
    return Math.floor(this.now / this.barMs) * this.barMs
  }

  get #shown(): Shown {
    const { now, barMs, timeframe, markets } = this
    return { now, barMs, timeframe, markets, bars: (market, from) => this.#barsFrom(market, from), book: (market) => this.#bookOf(market) }
  }

  #beat(): void {
    for (const message of this.wire.heartbeat) if (!this.frozen) this.sendGarbage(JSON.stringify(message))
    if (this.holdsNext) this.#eachBar(this.#current - this.barMs, (market, bar) => this.sendBar(market, bar, false))
    else this.#eachBar(this.#current, (market, bar) => this.sendBar(market, forming(bar, 0.1), false))
  }

  #eachBar(openTime: number, run: (market: Market, bar: BarInput) => void): void {
    for (const market of this.markets) {
      const bar = this.barAt(market.symbol, openTime) as BarInput | undefined
      if (bar) run(market, bar)
    }
  }

  #send(channel: Channel, market: Market, message: object): void {
    if (this.frozen) return
    for (const [client, streams] of this.#streams) if (streams.has(keyOf(channel, market))) client.send(JSON.stringify(message))
  }

  #connected(client: WebSocket): void {
    if (this.#takeFault('/hello') !== undefined) return client.terminate()
    const streams = new Set<string>()
    this.#streams.set(client, streams)
    client.on('close', () => this.#streams.delete(client))
    client.on('error', () => {})
    client.on('ping', (payload: Buffer) => {
      if (!this.frozen) client.pong(payload)
    })
    client.on('message', (data: Buffer) => {
      if (this.frozen) return
      const { replies, wishes } = this.wire.hear(JSON.parse(data.toString()) as object, this.#shown)
      for (const reply of replies) client.send(JSON.stringify(reply))
      for (const { channel, market } of wishes) {
        streams.add(keyOf(channel, market))
        this.#subscriptions.set(keyOf(channel, market), this.subscriptions(channel, market) + 1)
      }
    })
    for (const message of this.wire.hello) client.send(JSON.stringify(message))
  }

  #takeFault(path: string): Fault | undefined {
    const fault = this.faults.find((one) => one.times > 0 && path.startsWith(one.path))
    if (fault !== undefined) fault.times -= 1
    return fault
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://mock')
    this.asked.push(url)
    if (this.frozen) return
    const fault = this.#takeFault(url.pathname)
    const body = fault === undefined ? JSON.stringify(this.wire.answer(url, this.#shown)) : fault.body
    response.writeHead(fault?.status ?? 200, { 'content-type': 'application/json', ...fault?.headers }).end(body)
  }

  #barsFrom({ symbol }: Market, from: number): readonly BarInput[] {
    const current = this.#current
    const known = (this.#bars.get(symbol) ?? []).filter(({ openTime }) => openTime >= from && openTime <= current)
    return known.map((bar) => (bar.openTime === current ? forming(bar, (this.now - current) / this.barMs || 0.01) : bar))
  }

  #bookOf({ id }: Market): MockBook {
    return this.#books.get(id) ?? { last: 1, bids: [[100, 1]], asks: [[101, 1]] }
  }
}
