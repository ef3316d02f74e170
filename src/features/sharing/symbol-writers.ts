import { ServingError } from '../../contracts/error.ts'
import type { Counter, Gauge, Meter } from '../../contracts/meter.ts'
import { isSymbol } from '../../contracts/symbol.ts'
import { type Timeframe, timeframes } from '../../contracts/timeframe.ts'
import type { Grant, OnlineStore } from '../../feature-store/online-store.ts'
import type { VectorMirror } from '../../feature-store/vector-mirror.ts'
import type { WriterLeases } from '../../feature-store/writer-leases.ts'
import type { SeriesStore } from '../../market/series-store.ts'
import type { FeatureService } from '../feature-service.ts'
import { PublishedSymbol } from './published-symbol.ts'
import { readSymbolState } from './series-state.ts'
import type { SharedStates } from './shared-states.ts'
import { takeOver, type TakeOverDeps } from './take-over.ts'

/** What writing needs. `recentRows` is how many moments, the newest, other replicas may read. */
export type SymbolWritersDeps = Pick<TakeOverDeps, 'onAdopted'> & {
  readonly store: OnlineStore
  readonly leases: WriterLeases
  readonly mirror: VectorMirror
  readonly market: SeriesStore
  readonly features: FeatureService
  readonly states: SharedStates
  readonly recentRows: number
  readonly meter: Meter
  readonly log: { warn(about: object, message: string): void }
}

const frames = Object.keys(timeframes) as Timeframe[]

/**
 * Market data in, on the one replica that may take it: it becomes the symbol's writer when nobody is, going on from where the last one was, and makes every change known before the data is
 * answered for. While the store cannot be asked the writer goes on alone, and publishes everything when it can.
 */
export class SymbolWriters {
  readonly #deps: SymbolWritersDeps
  readonly #published = new Map<string, PublishedSymbol>()
  readonly #changed = new Set<string>()
  /** Symbols of which something is known here alone, and since which of the changes that could not be published. */
  readonly #alone = new Map<string, number>()
  #unpublished = 0
  readonly #becoming = new Map<string, Promise<void>>()
  readonly #publications: Readonly<Record<'done' | 'failed' | 'refused', Counter>>
  readonly #aloneGauge: Gauge
  readonly #corrupt: Counter
  readonly #stop: () => void
  constructor(deps: SymbolWritersDeps) {
    const { meter, market, leases, features } = deps
    this.#deps = deps
    const publications = (result: string) => meter.counter('feature_store_publications_total', { result })
    this.#publications = { done: publications('done'), failed: publications('failed'), refused: publications('refused') }
    this.#aloneGauge = meter.gauge('feature_store_unshared_symbols')
    this.#corrupt = meter.counter('feature_store_corrupt_total')
    this.#stop = market.onClose(({ series: { key } }) => {
      this.#changed.add(key.symbol)
      for (const other of features.dependents(key.symbol)) this.#changed.add(other)
    })
    leases.onRenewed((forgotten) => {
      for (const symbol of forgotten) this.#keepAlone(symbol)
      void this.#catchUp()
    })
  }

  /** Runs what changes the market data of a symbol, once this replica is its writer; settles when the change is published. Throws `not_the_writer`, `online_store_unavailable`, and what the work throws. */
  write<T>(symbol: string, work: () => T): T | Promise<T> {
    if (!isSymbol(symbol)) return work()
    return this.#deps.leases.holds(symbol) ? this.#run(work) : this.#become(symbol).then(() => this.#run(work))
  }

  /** How many symbols have changes that could not be published yet. */
  get unshared(): number {
    return this.#alone.size
  }

  /** Publishes what changed by itself, without market data coming in. Never rejects. */
  async share(): Promise<void> {
    if (this.#changed.size > 0) await this.#publishChanged().catch(() => undefined)
  }

  /** Follows the market no more. */
  close(): void {
    this.#stop()
  }

  async #run<T>(work: () => T): Promise<T> {
    const result = work()
    await this.#publishChanged()
    return result
  }

  #become(symbol: string): Promise<void> {
    const going = this.#becoming.get(symbol)
    if (going) return going
    const { leases, mirror } = this.#deps
    const become = async (): Promise<void> => {
      await leases.acquire(symbol, (grant) => this.#takeOver(grant))
      mirror.forget(symbol)
      this.#changed.add(symbol)
      await this.#publishChanged()
    }
    const becoming = become().finally(() => this.#becoming.delete(symbol))
    this.#becoming.set(symbol, becoming)
    return becoming
  }

  async #takeOver({ symbol }: Grant): Promise<void> {
    const { store, market } = this.#deps
    const { series, damaged } = readSymbolState(symbol, await store.readState(symbol), market.calendars)
    if (damaged > 0) this.#corrupt.add(damaged)
    takeOver(symbol, series, this.#deps)
  }

  async #publishChanged(): Promise<void> {
    const changed = [...this.#changed]
    this.#changed.clear()
    await Promise.all(changed.map((symbol) => this.#publish(symbol)))
  }

  /** Publishes what is new of a symbol, or all of it when something is known here alone. */
  async #publish(symbol: string): Promise<void> {
    const { store, leases } = this.#deps
    const grant = leases.grantOf(symbol)
    if (grant === undefined) return
    const before = this.#published.get(symbol)
    const since = this.#alone.get(symbol)
    const whole = before?.grant !== grant || since !== undefined
    const published = whole ? this.#begin(grant, before) : before
    const publication = published.next(this.#now(symbol), whole)
    const done = await store.publish(grant, publication).catch(() => undefined)
    if (done === undefined) {
      this.#publications.failed.add()
      this.#keepAlone(symbol)
    } else if (done) {
      this.#publications.done.add()
      // What failed while this was on its way came after it, and is not in it.
      if (this.#alone.get(symbol) === since) this.#alone.delete(symbol)
    } else await this.#again(grant)
    this.#aloneGauge.set(this.#alone.size)
  }

  #keepAlone(symbol: string): void {
    this.#alone.set(symbol, (this.#unpublished += 1))
  }

  #begin(grant: Grant, before: PublishedSymbol | undefined): PublishedSymbol {
    const { recentRows } = this.#deps
    const published = new PublishedSymbol(grant, { recentRows, sequence: before?.grant === grant ? before.sequence : 0 })
    this.#published.set(grant.symbol, published)
    return published
  }

  #now(symbol: string) {
    const { features, market, states } = this.#deps
    const series = frames.flatMap((timeframe) => market.find(symbol, timeframe) ?? [])
    return { bindings: features.bindings(symbol), series: series.map((one) => ({ series: one, snapshots: states.of(one.key) })) }
  }

  /** The lease did not hold when this was to be written: it ran out, the store has lost it, or another replica has it. */
  async #again(grant: Grant): Promise<void> {
    const { symbol } = grant
    if (!(await this.#deps.leases.confirm(symbol))) this.#refused(grant)
    this.#keepAlone(symbol)
    await this.#publish(symbol)
  }

  #refused({ symbol }: Grant): never {
    this.#publications.refused.add()
    this.#deps.leases.lose(symbol)
    this.#published.delete(symbol)
    throw new ServingError('not_the_writer', `${symbol} was taken over by another replica, which has not seen this: send it again`)
  }

  /** After a round of renewals: what could not be published is, and what is another replica's is given up. */
  async #catchUp(): Promise<void> {
    const { leases, store, log } = this.#deps
    for (const symbol of this.#published.keys()) if (leases.grantOf(symbol) === undefined) this.#published.delete(symbol)
    for (const symbol of this.#alone.keys()) {
      if (leases.grantOf(symbol) === undefined) {
        this.#alone.delete(symbol)
        log.warn({ symbol }, 'another replica writes this symbol now: what was taken while the online store was away is known here alone, send it again')
      } else if (store.connected) await this.#publish(symbol).catch(() => undefined)
    }
    this.#aloneGauge.set(this.#alone.size)
  }
}
