import { createClient, RESP_TYPES } from '@redis/client'
import { ServingError } from '../contracts/error.ts'
import type { Clock, Random, Timer } from '../contracts/ports.ts'
import { backoffMs } from '../resilience/backoff.ts'
import { Breaker, type BreakerLimits, type BreakerState } from '../resilience/breaker.ts'

/** Where Redis is, and how long a command may take. */
export type RedisLinkDeps = { readonly url: string; readonly commandTimeoutMs: number; readonly clock: Clock; readonly random: Random; readonly timer: Timer }

type Reply = unknown
/** An argument of a command. */
export type Argument = string | Buffer

const reconnect = { baseMs: 50, capMs: 5_000 }
/** A command that is late holds up all behind it: a few of them are enough to leave the server alone for a while. */
const limits: Partial<BreakerLimits> = { leastCalls: 3, mostProbes: 1, open: { baseMs: 250, capMs: 5_000 } }
const probeMs = 250
const pingMs = 5_000
const silenceMs = 15_000

/** A client of one server: what is sent while it is away is refused at once and never queued. */
function makeClient({ url, commandTimeoutMs, random }: RedisLinkDeps) {
  return createClient({
    url,
    disableOfflineQueue: true,
    pingInterval: pingMs,
    socket: {
      connectTimeout: Math.max(1_000, commandTimeoutMs),
      socketTimeout: silenceMs,
      reconnectStrategy: (failures) => backoffMs(failures + 1, reconnect, random),
    },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
}
type Client = ReturnType<typeof makeClient>

/**
 * Two connections to one Redis, for commands and for news, that come back by themselves. A command takes `commandTimeoutMs` at most; after a few that failed or were late, all are refused at once
 * for a while (circuit breaker).
 */
export class RedisLink {
  readonly #deps: RedisLinkDeps
  readonly #commands: Client
  readonly #news: Client
  readonly #breaker: Breaker
  readonly #listeners = new Set<(connected: boolean) => void>()
  #told = false
  #closed = false
  #probing = false
  #cancelProbe = (): void => undefined
  constructor(deps: RedisLinkDeps) {
    this.#deps = deps
    this.#breaker = new Breaker({ name: 'Redis', clock: deps.clock, random: deps.random, limits, onChange: (state) => this.#changed(state) })
    this.#commands = makeClient(deps)
    this.#news = makeClient(deps)
    for (const client of [this.#commands, this.#news]) {
      // The reason is told by what fails; without a listener the process would end.
      client.on('error', () => this.#tell())
      client.on('ready', () => this.#tell(client === this.#news))
    }
  }

  /** True while commands are let through and news come in. */
  get connected(): boolean {
    return this.#commands.isReady && this.#news.isReady && this.#breaker.state === 'closed'
  }

  /** Connects; settles once it is connected, or after a command's time: then it goes on trying. */
  async open(): Promise<void> {
    const both = [this.#commands, this.#news].map((client) => client.connect())
    const connected = Promise.all(both).catch(() => undefined)
    await this.#within(connected, 'connect').catch(() => undefined)
  }

  /** One command. Rejects with `online_store_unavailable`, and with Redis' own error where it refused the command itself. */
  async command(args: readonly Argument[]): Promise<Reply> {
    const settle = this.#enter()
    try {
      const reply = await this.#within(this.#commands.sendCommand(args), args[0] as string)
      settle('success')
      return reply
    } catch (error) {
      const isRefused = error instanceof Error && /^(NOSCRIPT|WRONGTYPE|ERR)\b/.test(error.message)
      settle(isRefused ? 'neutral' : 'failure')
      if (isRefused || error instanceof ServingError) throw error
      throw unavailable('does not answer', error)
    }
  }

  /** Hears of every message of a channel from now on, across reconnections. */
  async subscribe(channel: string, listener: (message: Buffer) => void): Promise<void> {
    if (!this.#news.isReady) throw unavailable('is not connected')
    await this.#within(this.#news.subscribe(channel, listener, true), 'SUBSCRIBE')
  }

  /** Hears no more of a channel. */
  unsubscribe(channel: string): void {
    if (this.#news.isOpen) this.#news.unsubscribe(channel).catch(() => undefined)
  }

  /** Calls back when it is (not) connected any more, and with every new connection for news: some may have been missed. */
  onConnection(listener: (connected: boolean) => void): void {
    this.#listeners.add(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelProbe()
    for (const client of [this.#commands, this.#news]) if (client.isOpen) client.destroy()
  }

  #enter(): ReturnType<Breaker['enter']> {
    if (!this.#commands.isReady) throw unavailable('is not connected')
    try {
      return this.#breaker.enter()
    } catch (error) {
      throw unavailable('failed too often and is left alone for a while', error)
    }
  }

  #within<T>(promise: Promise<T>, what: string): Promise<T> {
    const { commandTimeoutMs, timer } = this.#deps
    return new Promise((resolve, reject) => {
      const cancel = timer.after(commandTimeoutMs, () => reject(unavailable(`did not answer ${what} within ${commandTimeoutMs} ms`)))
      promise.then(resolve, reject).finally(cancel)
    })
  }

  /** An open circuit is tried by a command of its own, so that nobody else's has to. */
  #changed(state: BreakerState): void {
    this.#tell()
    if (state !== 'open' || this.#probing) return
    this.#probing = true
    this.#probeLater()
  }

  #probeLater(): void {
    this.#cancelProbe = this.#deps.timer.after(probeMs, () => void this.#probe())
  }

  async #probe(): Promise<void> {
    await this.command(['PING']).catch(() => undefined)
    this.#probing = this.#breaker.state !== 'closed'
    if (this.#probing && !this.#closed) this.#probeLater()
  }

  #tell(always = false): void {
    const { connected } = this
    if (this.#closed || (connected === this.#told && !always)) return
    this.#told = connected
    for (const listener of this.#listeners) listener(connected)
  }
}

const unavailable = (what: string, cause?: unknown): ServingError =>
  new ServingError('online_store_unavailable', `Redis, which the replicas share, ${what}; try again`, { retryAfterMs: 1_000, cause })
