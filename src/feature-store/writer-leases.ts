import { ServingError } from '../contracts/error.ts'
import type { Gauge, Meter } from '../contracts/meter.ts'
import type { Clock, Timer } from '../contracts/ports.ts'
import type { Claim, Grant, OnlineStore } from './online-store.ts'

/** What the leases need; `leaseMs` is how long a grant lasts. */
export type WriterLeasesDeps = {
  readonly store: OnlineStore
  readonly leaseMs: number
  readonly clock: Clock
  readonly timer: Timer
  readonly meter: Meter
}

type Held = { readonly grant: Grant; until: number }

/** Which symbols this replica writes. Renewed three times in their length; what ran out while the store cannot be asked is still held: nobody else can have been granted it there either. */
export class WriterLeases {
  readonly #deps: WriterLeasesDeps
  readonly #held = new Map<string, Held>()
  readonly #renewed = new Set<(forgotten: readonly string[]) => void>()
  readonly #heldGauge: Gauge
  readonly #unconfirmed: Gauge
  #closed = false
  #known = false
  #away = false
  #comeBackUntil = -Infinity
  #cancelTick: () => void = () => undefined
  constructor(deps: WriterLeasesDeps) {
    this.#deps = deps
    const gauge = (state: string) => deps.meter.gauge('feature_store_leases', { state })
    this.#heldGauge = gauge('held')
    this.#unconfirmed = gauge('unconfirmed')
    deps.store.onConnection((connected) => this.#connection(connected))
    this.#tickLater()
  }

  /** True if this replica writes a symbol: nobody else can at this moment. */
  holds(symbol: string): boolean {
    const held = this.#held.get(symbol)
    return held !== undefined && (this.#deps.clock.monotonic() < held.until || !this.#deps.store.connected)
  }

  /** The grant of a symbol that this replica writes, or wrote until it ran out. */
  grantOf(symbol: string): Grant | undefined {
    return this.#held.get(symbol)?.grant
  }

  /** Symbols of which this replica has a grant. */
  get symbols(): Iterable<string> {
    return this.#held.keys()
  }

  /**
   * Becomes the writer of a symbol: `takeOver` runs between the grant and the moment from which it holds, unless nobody else can have written since this replica did. Throws `not_the_writer` naming
   * the replica that is, `online_store_unavailable`, also for the length of a lease after the store was away, and what `takeOver` throws.
   */
  async acquire(symbol: string, takeOver: (grant: Grant) => Promise<void>): Promise<void> {
    const { store, clock, leaseMs } = this.#deps
    if (await this.confirm(symbol)) return
    const asked = clock.monotonic()
    if (asked < this.#comeBackUntil) throw notYet(symbol, this.#comeBackUntil - asked)
    const claim = await store.claim(symbol)
    if (!claim.granted) throw notTheWriter(symbol, claim)
    try {
      await takeOver(claim.grant)
    } catch (error) {
      await store.release([claim.grant]).catch(() => undefined)
      throw error
    }
    this.#held.set(symbol, { grant: claim.grant, until: asked + leaseMs })
    this.#measure()
  }

  /** A store that was away may have come back empty: who wrote before has the time of a lease to say so. */
  #connection(connected: boolean): void {
    const { clock, leaseMs } = this.#deps
    if (!connected) this.#away = this.#known
    else {
      if (this.#away) this.#comeBackUntil = clock.monotonic() + leaseMs
      this.#away = false
      this.#known = true
      void this.renew()
    }
  }

  /** True if an own grant, which may have run out, holds again, or if that cannot be asked: then nobody else was granted it there either. */
  async confirm(symbol: string): Promise<boolean> {
    const own = this.#held.get(symbol)
    if (own === undefined) return false
    try {
      this.#tell(await this.#renewAll([own]))
    } catch {
      return true
    }
    return this.#held.has(symbol)
  }

  /** Another replica may write the symbol from now on. */
  lose(symbol: string): void {
    this.#held.delete(symbol)
    this.#measure()
  }

  /** Renews every lease now. Never rejects: what could not be renewed runs out by itself. */
  async renew(): Promise<void> {
    const renewing = this.#deps.store.connected ? this.#renewAll([...this.#held.values()]).catch(() => []) : []
    const forgotten = await renewing
    this.#measure()
    this.#tell(forgotten)
  }

  #tell(forgotten: readonly string[]): void {
    if (!this.#closed) for (const listener of this.#renewed) listener(forgotten)
  }

  async #renewAll(held: readonly Held[]): Promise<string[]> {
    const { store, clock, leaseMs } = this.#deps
    const until = clock.monotonic() + leaseMs
    const renewals = held.length > 0 ? await store.renew(held.map(({ grant }) => grant)) : []
    const forgotten: string[] = []
    for (const [i, one] of held.entries()) {
      const { symbol } = one.grant
      if (renewals[i] !== 'lost') one.until = until
      else if (this.#held.get(symbol) === one) this.#held.delete(symbol)
      if (renewals[i] === 'forgotten') forgotten.push(symbol)
    }
    return forgotten
  }

  /** Calls back after every round of renewals, with the symbols of which the store has lost what was published. */
  onRenewed(listener: (forgotten: readonly string[]) => void): void {
    this.#renewed.add(listener)
  }

  /** Gives every lease back. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelTick()
    const grants = [...this.#held.values()].map(({ grant }) => grant)
    this.#held.clear()
    await this.#deps.store.release(grants).catch(() => undefined)
  }

  #tickLater(): void {
    this.#cancelTick = this.#deps.timer.after(this.#deps.leaseMs / 3, () => void this.renew().then(() => this.#closed || this.#tickLater()))
  }

  #measure(): void {
    const now = this.#deps.clock.monotonic()
    const late = [...this.#held.values()].filter(({ until }) => until <= now).length
    this.#heldGauge.set(this.#held.size - late)
    this.#unconfirmed.set(late)
  }
}

function notTheWriter(symbol: string, { writer, freeInMs }: Extract<Claim, { granted: false }>): ServingError {
  const retryAfterMs = Math.max(1, Math.ceil(freeInMs))
  return new ServingError(
    'not_the_writer',
    `${symbol} is written by ${writer}: send its market data there; if that replica is gone, any other takes over in ${retryAfterMs} ms`,
    { retryAfterMs },
  )
}

const notYet = (symbol: string, ms: number): ServingError =>
  new ServingError(
    'online_store_unavailable',
    `Redis, which the replicas share, has just come back: whoever wrote ${symbol} before may go on first; try again`,
    {
      retryAfterMs: Math.ceil(ms),
    },
  )
