import type { Calendar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import type { FlowWrites } from '../contracts/flow-requests.ts'
import type { MarketWrites } from '../contracts/market.ts'
import type { Clock } from '../contracts/ports.ts'
import type { FeedBatch } from './feed-message.ts'

/** Where rows go, by which calendar bars are taken, and who hears that a symbol whose rows were left to another replica is written here from now on: what was left has to be asked for again. */
export type DeliveryDeps = {
  readonly market: Pick<MarketWrites, 'ingest'>
  readonly flow: Pick<FlowWrites, 'trades' | 'books'>
  readonly calendar: Calendar
  readonly clock: Clock
  readonly meter: { add(name: 'refusedRows', rows: number): void }
  readonly taken: (symbol: string) => void
}

type Taken = { readonly quarantined: number | readonly unknown[] }

const againMs = 1_000
/** Why rows of a symbol are not taken here at the moment: another replica does, or nobody can know who. */
const passing: ReadonlySet<string> = new Set(['not_the_writer', 'online_store_unavailable'])

/** Hands over what a feed brings, the same way as what is sent by HTTP. Where replicas share the market, rows of a symbol that another one writes are left to it; whenever its lease may have run out, this replica tries to follow it. */
export class Delivery {
  readonly #deps: DeliveryDeps
  /** Symbols that are left, with the moment of the next attempt. */
  readonly #left = new Map<string, number>()
  #conflict: string | undefined

  constructor(deps: DeliveryDeps) {
    this.#deps = deps
  }

  /** Why the market refused a series for good; undefined if it did not. */
  get conflict(): string | undefined {
    return this.#conflict
  }

  /** Symbols whose rows are left to another replica. */
  get left(): ReadonlyMap<string, number> {
    return this.#left
  }

  /** Trades and books first, so that a bar that closes with them has its order flow at once. A promise where replicas share the market. */
  take({ bars, trades, books }: FeedBatch): Promise<unknown> | undefined {
    const { market, flow, calendar } = this.#deps
    const taking: (Promise<void> | undefined)[] = []
    for (const { symbol, rows } of trades) {
      const events = rows.map(([time, price, size, side, id]) => ({
        time,
        price,
        size,
        ...(side === undefined ? {} : { side }),
        ...(id === undefined ? {} : { id }),
      }))
      taking.push(this.#handOver(symbol, rows.length, () => flow.trades(symbol, events)))
    }
    for (const { symbol, rows } of books) {
      const snapshots = rows.map(([time, bids, asks]) => ({ time, bids, asks }))
      taking.push(this.#handOver(symbol, rows.length, () => flow.books(symbol, snapshots)))
    }
    for (const { symbol, timeframe, rows } of bars) {
      const inputs = rows.map(([openTime, open, high, low, close, volume]) => ({ openTime, open, high, low, close, volume }))
      taking.push(this.#handOver(symbol, rows.length, () => market.ingest({ symbol, timeframe }, inputs, { calendar, clock: 'live' })))
    }
    const waiting = taking.filter((one) => one !== undefined)
    return waiting.length > 0 ? Promise.all(waiting) : undefined
  }

  /** Tries to become the writer of symbols that were left, where it is time; to be called about once a second. */
  follow(): void {
    const now = this.#deps.clock.monotonic()
    for (const [symbol, at] of this.#left) if (now >= at) void this.#follow(symbol)
  }

  async #follow(symbol: string): Promise<void> {
    this.#left.set(symbol, Infinity)
    try {
      await this.#deps.flow.trades(symbol, [])
      this.#left.delete(symbol)
      this.#deps.taken(symbol)
    } catch (error) {
      this.#refused(symbol, 0, error)
    }
  }

  /** Hands rows over and counts those that are refused; a promise where replicas share the market. */
  #handOver(symbol: string, rows: number, work: () => Taken | Promise<Taken>): Promise<void> | undefined {
    if (this.#left.has(symbol)) return undefined
    const count = ({ quarantined }: Taken): void => this.#deps.meter.add('refusedRows', typeof quarantined === 'number' ? quarantined : quarantined.length)
    const fail = (error: unknown): void => this.#refused(symbol, rows, error)
    try {
      const taken = work()
      if (taken instanceof Promise) return taken.then(count, fail)
      count(taken)
    } catch (error) {
      fail(error)
    }
    return undefined
  }

  /** Whatever the market throws is told by the feed, and never ends the server. */
  #refused(symbol: string, rows: number, error: unknown): void {
    const { code, retryAfterMs = againMs } = error instanceof ServingError ? error : { code: 'unknown' }
    if (passing.has(code) || this.#left.has(symbol)) this.#left.set(symbol, this.#deps.clock.monotonic() + retryAfterMs)
    if (passing.has(code)) return
    this.#conflict = error instanceof Error ? error.message : String(error)
    this.#deps.meter.add('refusedRows', rows)
  }
}
