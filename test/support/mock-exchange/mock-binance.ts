import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { WebSocketServer, type WebSocket } from 'ws'
import { type Timeframe, timeframes } from '../../../src/contracts/timeframe.ts'
import { walkBars } from '../../../src/market/bar-walk.ts'
import type { BarInput } from '../../../src/market/check-bar.ts'
import {
  depthEvent,
  depthSnapshot,
  exchangeInfo,
  klineEvent,
  klineRow,
  type Market,
  marketOf,
  type MockDepth,
  type MockTrade,
  tradeEvent,
} from './binance-shapes.ts'

/** How the mock begins: its markets, the moment of its clock, and how many bars it remembers from before. */
export type MockOptions = {
  readonly symbols: readonly string[]
  readonly now: number
  readonly past: number
  readonly future: number
  readonly timeframe?: Timeframe
}

/** An answer that stands for the next few: what goes wrong, and on which path. */
export type Fault = { readonly path: string; readonly status: number; readonly body: string; readonly headers?: Record<string, string>; times: number }

const pulseMs = 500
const cents = (value: number): number => Math.round(value * 100) / 100
const rounded = (bar: BarInput): BarInput => ({
  ...bar,
  open: cents(bar.open),
  high: cents(bar.high),
  low: cents(bar.low),
  close: cents(bar.close),
  volume: cents(bar.volume),
})

/** The state of a bar at a part of its time: a bar that looks as if it were closed and is not. */
const forming = (bar: BarInput, share: number): BarInput => {
  const close = cents(bar.open + (bar.close - bar.open) * share * 0.5)
  return { ...bar, high: Math.max(bar.open, close), low: Math.min(bar.open, close), close, volume: cents(bar.volume * share * 0.5) }
}

/**
 * A stand-in for Binance's spot market on the loopback: REST (exchangeInfo, klines, depth, time) and web socket (SUBSCRIBE; kline, trade and depth streams), with the shapes of its documentation. Its clock stands still (the forming bar
 * is shown twice a second) until the test moves it, so that an hour passes as fast as its messages are read. Everything of it that can go wrong goes wrong on command.
 */
export class MockBinance {
  readonly markets: readonly Market[]
  readonly timeframe: Timeframe
  readonly barMs: number
  /** What was asked by REST, as path and query. */
  readonly asked: URL[] = []
  readonly faults: Fault[] = []
  now: number
  /** A server that has stopped: connections stay open and nothing moves. */
  frozen = false
  readonly #bars = new Map<string, readonly BarInput[]>()
  readonly #books = new Map<string, { last: number; bids: MockDepth['bids']; asks: MockDepth['asks'] }>()
  readonly #http: Server
  readonly #sockets = new WebSocketServer({ noServer: true, autoPong: false })
  readonly #streams = new Map<WebSocket, Set<string>>()
  readonly #pulse: NodeJS.Timeout
  readonly #subscriptions = new Map<string, number>()

  private constructor({ symbols, now, past, future, timeframe = '1m' }: MockOptions) {
    this.markets = symbols.map(marketOf)
    this.timeframe = timeframe
    this.barMs = timeframes[timeframe]
    this.now = now
    const from = Math.floor(now / this.barMs) * this.barMs - past * this.barMs
    for (const [seed, { symbol }] of this.markets.entries())
      this.#bars.set(symbol, walkBars({ seed: seed + 1, count: past + future, from, barMs: this.barMs }).map(rounded))
    this.#http = createServer((request, response) => this.#answer(request, response))
    this.#pulse = setInterval(() => this.#eachBar(this.#current, (market, bar) => this.sendKline(market, forming(bar, 0.1), false)), pulseMs)
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.#takeFault('/stream') !== undefined) socket.destroy()
      else this.#sockets.handleUpgrade(request, socket, head, (client) => this.#connected(client))
    })
  }

  /** Listens on a port of its own until the test ends. */
  static async start(t: TestContext, options: MockOptions): Promise<MockBinance> {
    const mock = new MockBinance(options)
    mock.#http.listen(0, '127.0.0.1')
    await once(mock.#http, 'listening')
    t.after(() => mock.stop())
    return mock
  }

  /** What a feed's settings need to come here instead of to the exchange. */
  get urls(): Record<string, string> {
    const { port } = this.#http.address() as AddressInfo
    return { 'https://api.binance.com': `http://127.0.0.1:${port}`, 'wss://stream.binance.com:9443': `ws://127.0.0.1:${port}/stream` }
  }

  /** How many subscriptions to a stream there have been, e.g. `btcusdt@kline_1m`. */
  subscriptions(stream: string): number {
    return this.#subscriptions.get(stream) ?? 0
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
    for (const share of [0.2, 0.5, 0.9]) this.#eachBar(openTime, (market, bar) => this.sendKline(market, forming(bar, share), false))
    this.now = openTime + this.barMs
    this.#eachBar(openTime, (market, bar) => this.sendKline(market, bar, said))
  }

  /** Sends a state of a bar. */
  sendKline(market: Market, bar: BarInput, closed: boolean): void {
    this.#send(`${market.id.toLowerCase()}@kline_${this.timeframe}`, klineEvent(market.id, bar, { barMs: this.barMs, interval: this.timeframe, closed }))
  }

  sendTrade({ id }: Market, trade: MockTrade): void {
    this.#send(`${id.toLowerCase()}@trade`, tradeEvent(id, trade))
  }

  /** Puts another book in the place of the one that is there, and tells those who listen what changed, unless the message is lost on the way. */
  changeBook(market: Market, { bids, asks }: Pick<MockDepth, 'bids' | 'asks'>, { lost = false } = {}): void {
    const before = this.#bookOf(market)
    const last = before.last + 1
    this.#books.set(market.id, { last, bids, asks })
    const gone = (side: MockDepth['bids'], now: MockDepth['bids']) =>
      side.filter(([price]) => now.every(([other]) => other !== price)).map(([price]) => [price, 0] as const)
    const changes = { bids: [...bids, ...gone(before.bids, bids)], asks: [...asks, ...gone(before.asks, asks)] }
    if (!lost) this.#send(`${market.id.toLowerCase()}@depth@100ms`, depthEvent(market.id, { time: this.now, first: last, last, ...changes }))
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

  #eachBar(openTime: number, run: (market: Market, bar: BarInput) => void): void {
    for (const market of this.markets) {
      const bar = this.barAt(market.symbol, openTime) as BarInput | undefined
      if (bar) run(market, bar)
    }
  }

  #send(stream: string, message: object): void {
    if (this.frozen) return
    for (const [client, streams] of this.#streams) if (streams.has(stream)) client.send(JSON.stringify(message))
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
      const { method, params, id } = JSON.parse(data.toString()) as { method: string; params: string[]; id: number }
      if (method !== 'SUBSCRIBE') return
      client.send(JSON.stringify({ result: null, id }))
      for (const stream of params) {
        streams.add(stream)
        this.#subscriptions.set(stream, this.subscriptions(stream) + 1)
      }
    })
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
    const body = fault === undefined ? JSON.stringify(this.#rest(url)) : fault.body
    response.writeHead(fault?.status ?? 200, { 'content-type': 'application/json', ...fault?.headers }).end(body)
  }

  #rest({ pathname, searchParams }: URL): unknown {
    if (pathname === '/api/v3/exchangeInfo') return exchangeInfo(this.markets, this.now)
    if (pathname === '/api/v3/time') return { serverTime: this.now }
    const market = this.markets.find(({ id }) => id === searchParams.get('symbol'))
    if (market === undefined) return { code: -1121, msg: 'Invalid symbol.' }
    if (pathname === '/api/v3/depth') return depthSnapshot(this.#bookOf(market))
    return this.#klines(market, Number(searchParams.get('startTime')), Number(searchParams.get('limit')))
  }

  /** Rows from a moment on, the last of them the forming one. */
  #klines({ symbol }: Market, from: number, limit: number): unknown[] {
    const current = this.#current
    const known = (this.#bars.get(symbol) ?? []).filter(({ openTime }) => openTime >= from && openTime <= current).slice(0, limit)
    return known.map((bar) => klineRow(bar.openTime === current ? forming(bar, (this.now - current) / this.barMs || 0.01) : bar, this.barMs))
  }

  #bookOf({ id }: Market): { last: number; bids: MockDepth['bids']; asks: MockDepth['asks'] } {
    return this.#books.get(id) ?? { last: 1, bids: [[100, 1]], asks: [[101, 1]] }
  }
}
